//! Whether a room is here: some of our users are in it, so that this server hears of all its events.

use ruma::RoomId;
use store::{
    Conn,
    rooms::{RoomRow, joined_ending_in, room_by_id},
};

use crate::{Error, Result, Rooms};

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

/// Whether one of our users is joined to a room.
pub(crate) fn is_resident(rooms: &Rooms, conn: &mut Conn, room: i64) -> Result<bool> {
    let end = format!(":{}", rooms.inner.server_name);
    Ok(!joined_ending_in(conn, room, &end, 1)?.is_empty())
}
