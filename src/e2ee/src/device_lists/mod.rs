//! Device lists: whose keys a client must fetch anew, and whose it need no longer follow (client-server § Tracking the
//! device list for a user).

mod changes;
mod shared;

use std::collections::BTreeSet;

/// `device_lists` of a sync.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeviceLists {
    /// Users whose keys or devices changed, or with whom a room is shared now and was not before.
    pub changed: BTreeSet<String>,
    /// Users with whom no room is shared any more.
    pub left: BTreeSet<String>,
}

impl DeviceLists {
    /// Whether there is nothing to tell.
    pub fn is_empty(&self) -> bool {
        self.changed.is_empty() && self.left.is_empty()
    }
}
