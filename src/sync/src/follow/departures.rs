//! When the newest room went away, so that most syncs need not ask for such.

use std::sync::{
    OnceLock,
    atomic::{AtomicI64, Ordering},
};

use store::{Committed, Conn, LogKind, moderation::newest_departure};

use crate::Result;

/// The newest position from which on a user of ours has not been in a room that is gone.
#[derive(Default)]
pub(crate) struct Departures {
    /// What the database said when it was first asked.
    before: OnceLock<i64>,
    /// What commits have said.
    since: AtomicI64,
}

impl Departures {
    pub(super) fn committed(&self, committed: &Committed) {
        if committed.entries.iter().any(|entry| entry.kind == LogKind::RoomGone) {
            self.since.fetch_max(committed.position, Ordering::SeqCst);
        }
    }

    /// Whether there may be one after this position.
    pub(crate) fn may_be_after(&self, conn: &mut Conn, position: i64) -> Result<bool> {
        let before = match self.before.get() {
            Some(before) => *before,
            None => {
                let newest = newest_departure(conn)?;
                *self.before.get_or_init(|| newest)
            }
        };
        Ok(before.max(self.since.load(Ordering::SeqCst)) > position)
    }
}
