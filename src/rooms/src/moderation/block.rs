//! Rooms that nobody of this server may enter.

use ruma::RoomId;
use store::moderation;

use crate::{Result, Rooms};

impl Rooms {
    /// Blocks a room, which need not be known here, or ends that. Who is in it stays.
    pub async fn set_blocked(&self, room_id: &RoomId, blocked: bool) -> Result<()> {
        let (id, now) = (room_id.to_string(), self.inner.clock.now_ms());
        let write = move |tx: &mut store::Tx<'_>| match blocked {
            true => moderation::block(tx, &id, now),
            false => moderation::unblock(tx, &id).map(drop),
        };
        self.inner.store.write(write).await?;
        tracing::info!(%room_id, blocked, "a room was blocked or that was ended");
        Ok(())
    }

    /// Whether a room is blocked.
    pub async fn is_blocked(&self, room_id: &RoomId) -> Result<bool> {
        let id = room_id.to_string();
        Ok(self.inner.store.read(move |conn| moderation::is_blocked(conn, &id)).await?)
    }
}
