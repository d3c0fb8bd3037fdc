//! The log is forgotten behind its followers, a little after each transaction.

use crate::{Conn, Result, log};

/// How many positions of the log are kept for followers that are only in memory.
pub(crate) const KEPT: i64 = 100_000;
/// Positions after which it is worth looking again how far the followers are.
const OFTEN: i64 = KEPT / 10;
/// Positions that are forgotten in one go: nobody should wait for long behind that.
pub(crate) const SLICE: i64 = 2_000;

/// How far the log is forgotten.
pub(crate) struct Pruning {
    keep: i64,
    /// The newest position when it last looked how far the followers are.
    looked: i64,
    /// All up to here is to go,
    upto: i64,
    /// and all up to here has gone. None where that is not known.
    gone: Option<i64>,
}

impl Pruning {
    /// It first looks when there is something new after this position.
    pub(crate) fn new(position: i64, keep: i64) -> Self {
        Self { keep, looked: position, upto: 0, gone: None }
    }

    /// Forgets at most one slice.
    ///
    /// # Errors
    /// What the database says; it is tried again the next time.
    pub(crate) fn tend(&mut self, conn: &mut Conn, newest: i64) -> Result<()> {
        if newest - self.looked > OFTEN.min(self.keep) {
            self.upto = log::forgettable(conn, newest, self.keep)?;
            self.looked = newest;
        }
        if self.gone.unwrap_or(0) >= self.upto {
            return Ok(());
        }
        let gone = match self.gone {
            Some(gone) => gone,
            None => log::oldest(conn)?.map_or(self.upto, |oldest| oldest - 1),
        };
        let end = gone.saturating_add(SLICE).min(self.upto);
        if gone >= end {
            self.gone = Some(gone);
            return Ok(());
        }
        // Where nothing was, the positions may have made a leap: it looks where they go on.
        self.gone = (log::forget(conn, gone, end)? > 0).then_some(end);
        Ok(())
    }
}
