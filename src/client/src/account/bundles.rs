//! Which rooms somebody has sent the keys of, as far as this process has heard.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::StreamExt;
use matrix_sdk::Client;
use matrix_sdk::ruma::{OwnedRoomId, OwnedUserId, RoomId, UserId};

/// The most that are remembered.
const MAX_BUNDLES: usize = 10_000;

/// Bundles of keys that came by `/sync`.
#[derive(Clone, Default)]
pub struct Bundles {
    seen: Arc<Mutex<HashSet<(OwnedRoomId, OwnedUserId)>>>,
}

impl Bundles {
    /// Listens from now on, for as long as the client lives.
    pub async fn listen(&self, client: &Client) {
        let Some(stream) = client.encryption().historic_room_key_stream().await else { return };
        let seen = self.seen.clone();
        tokio::spawn(async move {
            let mut stream = Box::pin(stream);
            while let Some(bundle) = stream.next().await {
                let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
                if seen.len() >= MAX_BUNDLES {
                    seen.clear();
                }
                seen.insert((bundle.room_id, bundle.sender));
            }
        });
    }

    /// Whether one came from that user for that room.
    pub fn has(&self, room_id: &RoomId, sender: &UserId) -> bool {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.contains(&(room_id.to_owned(), sender.to_owned()))
    }
}
