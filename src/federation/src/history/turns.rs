//! One at a time: two clients who page back in the same room need the same history. And who asked in vain does not ask
//! again at once.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use quick_cache::sync::Cache;
use ruma::{OwnedRoomId, RoomId};
use tokio::sync::OwnedMutexGuard;

/// How long nobody is asked again about what could not be had.
const REST: Duration = Duration::from_secs(60);

/// How many such things are remembered.
const REMEMBERED: usize = 5_000;

/// Who asks about which room, and what could not be had.
pub(super) struct Turns {
    rooms: Mutex<HashMap<OwnedRoomId, Arc<tokio::sync::Mutex<()>>>>,
    failed: Cache<(OwnedRoomId, String), Instant>,
}

impl Default for Turns {
    fn default() -> Self {
        Self { rooms: Mutex::default(), failed: Cache::new(REMEMBERED) }
    }
}

impl Turns {
    /// Waits until nobody else asks about the room. Others wait as long as what this gives is kept.
    pub async fn take(&self, room_id: &RoomId) -> OwnedMutexGuard<()> {
        let turn = {
            let mut rooms = self.rooms.lock();
            if !rooms.contains_key(room_id) {
                rooms.retain(|_, turn| Arc::strong_count(turn) > 1);
            }
            rooms.entry(room_id.to_owned()).or_default().clone()
        };
        turn.lock_owned().await
    }

    /// Whether this was asked for in vain a moment ago.
    pub fn rests(&self, room_id: &RoomId, what: &str) -> bool {
        self.failed.get(&(room_id.to_owned(), what.to_owned())).is_some_and(|at| at.elapsed() < REST)
    }

    /// Notes that it could not be had.
    pub fn failed(&self, room_id: &RoomId, what: &str) {
        self.failed.insert((room_id.to_owned(), what.to_owned()), Instant::now());
    }
}
