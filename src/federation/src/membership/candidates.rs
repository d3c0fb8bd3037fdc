//! Which servers may help one of our users into a room.

use ruma::{OwnedServerName, RoomId, ServerName, UserId};
use store::rooms::ForeignMember;

use crate::{Federation, Result};

/// How many are tried.
const MOST: usize = 20;

impl Federation {
    /// Those that the client names, who invited the user, the servers that were in the room when it was here last, and
    /// the one in the room's id, which was there once; each once, and none that we have nothing to do with.
    pub(crate) async fn candidates(
        &self,
        room_id: &RoomId,
        via: Vec<OwnedServerName>,
        open: Option<&ForeignMember>,
    ) -> Result<Vec<OwnedServerName>> {
        let mut candidates = via;
        if let Some(open) = open {
            candidates.extend(ServerName::parse(&*open.via).ok());
            candidates.extend(UserId::parse(&*open.sender).ok().map(|sender| sender.server_name().to_owned()));
        }
        candidates.extend(self.inner.rooms.servers_known_in(room_id).await?);
        candidates.extend(room_id.server_name().map(ToOwned::to_owned));
        let mut chosen: Vec<OwnedServerName> = Vec::new();
        for server in candidates {
            let useful = server != self.inner.server_name && self.inner.settings.allows(&server);
            if useful && chosen.len() < MOST && !chosen.contains(&server) {
                chosen.push(server);
            }
        }
        Ok(chosen)
    }
}
