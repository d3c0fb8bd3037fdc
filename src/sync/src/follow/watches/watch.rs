//! How one user who syncs is woken.

use std::sync::atomic::AtomicU64;

use tokio::sync::watch;

/// The newest that may concern a user.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Newest {
    /// Its position.
    pub position: i64,
    /// The number of the newest change in memory.
    pub serial: i64,
}

/// One user who syncs.
pub(super) struct Watch {
    pub newest: watch::Sender<Newest>,
    /// When it was last used, as a number that grows.
    pub used: AtomicU64,
}

impl Watch {
    /// Wakes the user for something at this position.
    pub fn wake(&self, position: i64) {
        self.newest.send_modify(|newest| newest.position = newest.position.max(position));
    }

    /// Notes something at this position, of which the user hears when woken for anything.
    pub fn note(&self, position: i64) {
        self.newest.send_if_modified(|newest| {
            newest.position = newest.position.max(position);
            false
        });
    }

    /// Wakes the user for a change in memory. False where it was known already.
    pub fn tell(&self, serial: i64) -> bool {
        self.newest.send_if_modified(|newest| {
            let is_new = newest.serial < serial;
            newest.serial = newest.serial.max(serial);
            is_new
        })
    }
}
