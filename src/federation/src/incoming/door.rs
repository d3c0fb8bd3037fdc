//! Who may send to a room: it must be here, and not be closed to the sender by its `m.room.server_acl` (client-server
//! §server-access-control-lists).

use std::time::Duration;

use rooms::rules_of;
use ruma::{RoomId, ServerName, room_version_rules::RoomVersionRules};
use store::rooms::RoomRow;
use tokio::time::timeout;

use crate::{Result, incoming::Incoming};

/// How long is waited for who is coming in. Others wait a minute for us.
const PATIENCE: Duration = Duration::from_secs(30);

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
    /// Looks at the door of a room. Who is just coming in is waited for: others take them for there already, and send what
    /// they send once.
    pub(super) async fn door(&self, origin: &ServerName, room_id: &RoomId) -> Result<Door> {
        // Asked first: who is in by now is found then.
        let entering = self.inner.options.turns.under_way(room_id);
        let mut room = self.room_here(room_id).await?;
        if room.is_none()
            && let Some(entering) = entering
        {
            drop(timeout(PATIENCE, entering.lock_owned()).await);
            room = self.room_here(room_id).await?;
        }
        let Some(room) = room else { return Ok(Door::Elsewhere) };
        let rules = rules_of(&room)?;
        let let_in = self.rooms().acl_allows(room_id, origin).await?;
        Ok(if let_in { Door::Open(rules) } else { Door::Closed(rules) })
    }

    async fn room_here(&self, room_id: &RoomId) -> Result<Option<RoomRow>> {
        match self.rooms().resident_room(room_id).await {
            Ok(room) => Ok(Some(room)),
            Err(rooms::Error::NotFound(_)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}
