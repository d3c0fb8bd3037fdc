//! Which servers may take part in a room (client-server § Server Access Control Lists).

mod glob;
mod server_acl;

use std::sync::Arc;

use quick_cache::{Weighter, sync::Cache};
use ruma::{RoomId, ServerName};
use store::{
    Conn,
    rooms::{current_event_nid, room_by_id},
};

pub use server_acl::ServerAcl;

use crate::{Result, Rooms};

/// Bytes of lists that are kept ready.
const CACHE_BYTES: u64 = 4 * 1_024 * 1_024;

#[derive(Clone)]
struct Bytes;
impl Weighter<(i64, bool), Arc<ServerAcl>> for Bytes {
    fn weight(&self, _: &(i64, bool), acl: &Arc<ServerAcl>) -> u64 {
        acl.bytes()
    }
}

/// Lists that were used lately, by the number of their event and whether it is redacted. They never change.
pub(crate) struct Acls {
    ready: Cache<(i64, bool), Arc<ServerAcl>, Bytes>,
}

impl Acls {
    pub(crate) fn new() -> Self {
        Self { ready: Cache::with_weighter(1_000, CACHE_BYTES, Bytes) }
    }
}

impl Rooms {
    /// Whether a server may take part in a room. A room that is not known here keeps nobody out.
    ///
    /// # Errors
    /// Only what is our own fault.
    pub async fn acl_allows(&self, room_id: &RoomId, server: &ServerName) -> Result<bool> {
        Ok(self.acl(room_id).await?.is_none_or(|acl| acl.allows(server)))
    }

    /// The list of a room, if it has one, for who asks about many servers.
    ///
    /// # Errors
    /// Only what is our own fault.
    pub async fn acl(&self, room_id: &RoomId) -> Result<Option<Arc<ServerAcl>>> {
        let room_id = room_id.to_owned();
        self.reading(move |rooms, conn| match room_by_id(conn, room_id.as_str())? {
            Some(room) => acl_of(rooms, conn, room.nid),
            None => Ok(None),
        })
        .await
    }
}

/// The list in the current state of the room of this number, if it has one.
pub(crate) fn acl_of(rooms: &Rooms, conn: &mut Conn, room: i64) -> Result<Option<Arc<ServerAcl>>> {
    let Some(nid) = current_event_nid(conn, room, "m.room.server_acl", "")? else { return Ok(None) };
    let event = rooms.events().one(conn, nid)?;
    let key = (nid, event.redacted_by.is_some());
    if let Some(acl) = rooms.inner.acls.ready.get(&key) {
        return Ok(Some(acl));
    }
    let acl = Arc::new(ServerAcl::of(&event));
    rooms.inner.acls.ready.insert(key, acl.clone());
    Ok(Some(acl))
}
