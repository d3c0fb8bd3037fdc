//! When the newest room went away, so that most syncs need not ask for such.

use std::sync::{
    OnceLock,
    atomic::{AtomicI64, Ordering},
};

use store::{Committed, LogKind, moderation::newest_departure};

use crate::{Result, compute::Database};

/// The newest position from which on a user of ours has not been in a room that is gone.
#[derive(Default)]
pub(crate) struct Departures {
    /// What the database said when it was first asked.
    before: OnceLock<i64>,
    /// What commits have said.
    since: AtomicI64,
    /// The newest position seen.
    upto: AtomicI64,
}

impl Departures {
    pub(super) fn committed(&self, committed: &Committed) {
        if committed.entries.iter().any(|entry| entry.kind == LogKind::RoomGone) {
            self.since.fetch_max(committed.position, Ordering::SeqCst);
        }
        self.upto.fetch_max(committed.position, Ordering::SeqCst);
    }

    /// Whether there may be one after `position` and up to `end`. A snapshot may show one that was not announced yet.
    pub(crate) fn may_be_after(&self, conn: &mut Database<'_>, position: i64, end: i64) -> Result<bool> {
        if self.upto.load(Ordering::SeqCst) < end {
            return Ok(true);
        }
        let before = match self.before.get() {
            Some(before) => *before,
            None => {
                let newest = newest_departure(conn.open()?)?;
                *self.before.get_or_init(|| newest)
            }
        };
        Ok(before.max(self.since.load(Ordering::SeqCst)) > position)
    }
}
