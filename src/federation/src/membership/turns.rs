//! One at a time: two users of ours who enter the same room together enter it through one server, and the second by the
//! first.

use std::{
    collections::HashMap,
    sync::{Arc, Weak},
};

use parking_lot::Mutex;
use ruma::{OwnedRoomId, RoomId};
use tokio::sync::{Mutex as Turn, OwnedMutexGuard};

/// Whose turn it is with which room.
#[derive(Default)]
pub(crate) struct Turns {
    rooms: Mutex<HashMap<OwnedRoomId, Weak<Turn<()>>>>,
}

impl Turns {
    /// Waits for those before.
    pub async fn wait(&self, room_id: &RoomId) -> OwnedMutexGuard<()> {
        let turn = {
            let mut rooms = self.rooms.lock();
            rooms.retain(|_, turn| turn.strong_count() > 0);
            let known = rooms.get(room_id).and_then(Weak::upgrade);
            known.unwrap_or_else(|| {
                let new = Arc::default();
                rooms.insert(room_id.to_owned(), Arc::downgrade(&new));
                new
            })
        };
        turn.lock_owned().await
    }

    /// What whoever is entering a room keeps locked until they are there; none if nobody is.
    pub fn under_way(&self, room_id: &RoomId) -> Option<Arc<Turn<()>>> {
        self.rooms.lock().get(room_id).and_then(Weak::upgrade)
    }
}
