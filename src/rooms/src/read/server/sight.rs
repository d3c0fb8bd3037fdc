//! A server in one room, inside a read.

use ruma::{OwnedServerName, RoomId, ServerName, room_version_rules::RoomVersionRules};
use store::{
    Conn,
    federation::room_servers,
    rooms::{RoomRow, StoredEvent, event_nids, room_by_id},
};

use crate::{Error, Result, Rooms, acl::acl_of, read::reader::store_errors_out, rules_of};

/// One server in one room that it may read.
pub(super) struct ServerSight<'a> {
    pub rooms: &'a Rooms,
    pub conn: &'a mut Conn,
    pub server: OwnedServerName,
    pub room: RoomRow,
    pub rules: &'static RoomVersionRules,
}

impl Rooms {
    /// Runs a quick read with a server that may read the room.
    pub(super) async fn serving<T: Send + 'static>(
        &self,
        server: &ServerName,
        room_id: &RoomId,
        f: impl FnOnce(&mut ServerSight<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (server, room_id) = (server.to_owned(), room_id.to_owned());
        self.reading(move |rooms, conn| f(&mut ServerSight::of(rooms, conn, server, &room_id)?)).await
    }

    /// The same for what may take long: on one of few connections, so that no number of such requests holds up others.
    pub(super) async fn serving_much<T: Send + 'static>(
        &self,
        server: &ServerName,
        room_id: &RoomId,
        f: impl FnOnce(&mut ServerSight<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (rooms, server, room_id) = (self.clone(), server.to_owned(), room_id.to_owned());
        let read = move |conn: &mut Conn, _| {
            store_errors_out(ServerSight::of(&rooms, conn, server, &room_id).and_then(|mut sight| f(&mut sight)))
        };
        self.store().slow_snapshot(read).await?
    }
}

impl<'a> ServerSight<'a> {
    /// Lets pass a server that is in the room: a user of it is joined. What is unknown here is answered like what is
    /// closed to the server.
    pub fn of(rooms: &'a Rooms, conn: &'a mut Conn, server: OwnedServerName, room_id: &RoomId) -> Result<Self> {
        let room = room_by_id(conn, room_id.as_str())?.ok_or_else(not_in_room)?;
        Self::in_room(rooms, conn, server, room)
    }

    /// The same for a room that was found.
    pub fn in_room(rooms: &'a Rooms, conn: &'a mut Conn, server: OwnedServerName, room: RoomRow) -> Result<Self> {
        if acl_of(rooms, conn, room.nid)?.is_some_and(|acl| !acl.allows(&server)) {
            return Err(Error::Forbidden("the room's ACL shuts your server out".into()));
        }
        if !room_servers::is_in_room(conn, room.nid, server.as_str())? {
            return Err(not_in_room());
        }
        let rules = rules_of(&room)?;
        Ok(Self { rooms, conn, server, room, rules })
    }

    /// The events of these ids in this room, as far as they are here, in no order.
    pub fn events(&mut self, ids: &[String]) -> Result<Vec<StoredEvent>> {
        // No id has a zero byte, and PostgreSQL cannot be asked for one.
        let ids: Vec<String> = ids.iter().filter(|id| !id.contains('\0')).cloned().collect();
        let found = event_nids(self.conn, self.room.nid, &ids)?;
        let nids: Vec<i64> = found.into_iter().map(|(_, nid)| nid).collect();
        self.rooms.events().stored(self.conn, &nids)
    }
}

fn not_in_room() -> Error {
    Error::Forbidden("your server is not in the room".into())
}
