//! What is kept in memory about the keys of users, and how it stays true: it follows the commits.

mod by_user;

use std::{collections::HashMap, sync::Arc};

use store::{Committed, LogKind, Observer};

use crate::keys::{KeyCounts, UserKeys};
use by_user::ByUser;

/// Bytes of counts that are kept: some hundred for each device that syncs.
const COUNT_BYTES: usize = 4 << 20;
/// Bytes of keys that are kept.
const KEY_BYTES: usize = 8 << 20;
/// The keys of a user who has more bytes are read each time.
const LARGEST: usize = 256 << 10;

/// Counts of one-time keys and the public keys of users. It is an observer of the store: a commit empties what it
/// concerns before the caller of that write, and so the client, hears of it.
pub struct KeyCache {
    counts: ByUser<HashMap<String, Arc<KeyCounts>>>,
    keys: ByUser<Option<Arc<UserKeys>>>,
}

impl Default for KeyCache {
    fn default() -> Self {
        Self { counts: ByUser::new(COUNT_BYTES), keys: ByUser::new(KEY_BYTES) }
    }
}

impl KeyCache {
    /// The counts of a device. Where there are none, they are to be read from the database and kept.
    pub(crate) fn counts(&self, user_id: &str, device_id: &str) -> Option<Arc<KeyCounts>> {
        self.counts.get(user_id, |devices| devices.get(device_id).cloned())
    }

    /// Keeps counts that a snapshot of this position showed.
    pub(crate) fn keep_counts(&self, user_id: &str, device_id: &str, position: i64, counts: &Arc<KeyCounts>) {
        let bytes = 200 + device_id.len() + counts.bytes();
        self.counts
            .keep(user_id, position, bytes, |devices| drop(devices.insert(device_id.to_owned(), counts.clone())));
    }

    /// The position at which keys of a user were last given out, as far as it is remembered.
    pub(crate) fn claimed_at(&self, user_id: &str) -> i64 {
        self.counts.marked_at(user_id)
    }

    /// The keys of a user, under the same condition.
    pub(crate) fn keys(&self, user_id: &str) -> Option<Arc<UserKeys>> {
        self.keys.get(user_id, Option::clone)
    }

    /// Keeps keys that a snapshot of this position showed.
    pub(crate) fn keep_keys(&self, user_id: &str, position: i64, keys: &Arc<UserKeys>) {
        let bytes = 200 + keys.bytes();
        if bytes <= LARGEST {
            self.keys.keep(user_id, position, bytes, |kept| *kept = Some(keys.clone()));
        }
    }
}

impl Observer for KeyCache {
    fn committed(&self, committed: &Committed) {
        for entry in &committed.entries {
            let Some(user_id) = &entry.user else { continue };
            match (entry.kind, entry.room) {
                (LogKind::OneTimeKeys, _) => self.counts.changed(user_id, committed.position, entry.row.is_some()),
                (LogKind::Devices, _) => {
                    self.counts.changed(user_id, committed.position, false);
                    self.keys.changed(user_id, committed.position, false);
                }
                (LogKind::DeviceList, None) => self.keys.changed(user_id, committed.position, false),
                _ => {}
            }
        }
    }
}
