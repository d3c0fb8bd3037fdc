//! Who may send to a room: it must be here, and not be closed to the sender by its `m.room.server_acl` (client-server
//! §server-access-control-lists).

use rooms::rules_of;
use ruma::{RoomId, ServerName, room_version_rules::RoomVersionRules};

use crate::{Result, incoming::Incoming};

/// Whether events of a server are taken in.
pub(super) enum Door {
    /// They are, under these rules.
    Open(&'static RoomVersionRules),
    /// They are not. The rules say what their ids are.
    Closed(&'static RoomVersionRules),
    /// No user of ours is in the room.
    Elsewhere,
}

impl Incoming {
    /// Looks at the door of a room.
    pub(super) async fn door(&self, origin: &ServerName, room_id: &RoomId) -> Result<Door> {
        let room = match self.rooms().resident_room(room_id).await {
            Ok(room) => room,
            Err(rooms::Error::NotFound(_)) => return Ok(Door::Elsewhere),
            Err(error) => return Err(error.into()),
        };
        let rules = rules_of(&room)?;
        let let_in = self.rooms().acl_allows(room_id, origin).await?;
        Ok(if let_in { Door::Open(rules) } else { Door::Closed(rules) })
    }
}
