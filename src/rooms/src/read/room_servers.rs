//! Which other servers are in a room: those of whose users any is joined.

use ruma::{OwnedServerName, RoomId, ServerName};
use store::federation::room_servers;

use crate::{Result, Rooms};

impl Rooms {
    /// The other servers that are in a room; ours is not among them. None of a room that is not here.
    pub async fn servers_of(&self, room_id: &RoomId) -> Result<Vec<OwnedServerName>> {
        let Some(room) = self.nid(room_id).await? else { return Ok(Vec::new()) };
        let names = self.inner.store.read(move |conn| room_servers::servers_of(conn, room)).await?;
        // A name that is none cannot be reached.
        Ok(names.into_iter().filter_map(|name| ServerName::parse(name).ok()).collect())
    }

    /// Whether another server is in a room.
    pub async fn server_in_room(&self, room_id: &RoomId, server: &ServerName) -> Result<bool> {
        let Some(room) = self.nid(room_id).await? else { return Ok(false) };
        let server = server.to_string();
        Ok(self.inner.store.read(move |conn| room_servers::is_in_room(conn, room, &server)).await?)
    }
}
