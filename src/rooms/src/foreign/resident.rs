//! Whether a room is here: some of our users are in it, so that this server hears of all its events.

use std::collections::HashSet;

use ruma::{OwnedServerName, RoomId, UserId};
use store::{
    Conn,
    rooms::{RoomRow, joined_of_server, longest_joined, room_by_id},
};

use crate::{Error, Result, Rooms};

/// Members that are looked at to name servers.
const MEMBERS: i64 = 500;

impl Rooms {
    /// Whether this server is in a room.
    pub async fn is_resident(&self, room_id: &RoomId) -> Result<bool> {
        match self.resident_room(room_id).await {
            Ok(_) => Ok(true),
            Err(Error::NotFound(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// The room, if this server is in it.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn resident_room(&self, room_id: &RoomId) -> Result<RoomRow> {
        let room_id = room_id.to_owned();
        let found = self.reading(move |rooms, conn| {
            let Some(room) = room_by_id(conn, room_id.as_str())? else { return Ok(None) };
            Ok(is_resident(rooms, conn, room.nid)?.then_some(room))
        });
        found.await?.ok_or_else(|| Error::NotFound("this server is not in the room".into()))
    }
}

impl Rooms {
    /// The servers of who has been in a room for longest, as far as it is known here, ours left out: those that were there
    /// when it was here last.
    pub async fn servers_known_in(&self, room_id: &RoomId) -> Result<Vec<OwnedServerName>> {
        let room_id = room_id.to_owned();
        let members = self.reading(move |_, conn| match room_by_id(conn, room_id.as_str())? {
            Some(room) => Ok(longest_joined(conn, room.nid, MEMBERS)?),
            None => Ok(Vec::new()),
        });
        let mut servers = servers_of(&members.await?);
        servers.retain(|server| *server != self.inner.server_name);
        Ok(servers)
    }
}

/// The servers of these users, each once.
pub(super) fn servers_of(users: &[String]) -> Vec<OwnedServerName> {
    let mut known = HashSet::new();
    let servers = users.iter().filter_map(|user| <&UserId>::try_from(user.as_str()).ok()).map(UserId::server_name);
    servers.filter(|server| known.insert(*server)).map(ToOwned::to_owned).collect()
}

/// Whether one of our users is joined to a room.
pub(crate) fn is_resident(rooms: &Rooms, conn: &mut Conn, room: i64) -> Result<bool> {
    Ok(!joined_of_server(conn, room, rooms.inner.server_name.as_str(), 1)?.is_empty())
}
