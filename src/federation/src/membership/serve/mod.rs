//! What users of other servers want of rooms that are here, and of users of ours.

mod accept;
mod claim;
mod invite;
mod template;
mod third_party;

use accounts::Limit;
use ruma::{RoomId, ServerName, UserId};

use crate::{Error, Federation, Result};

impl Federation {
    /// What every such request must pass: its server may do so much in a while, speaks for its own users alone, and is not
    /// shut out by the room's ACL (server-server §server-access-control-lists-acls).
    ///
    /// # Errors
    /// [`accounts::Error::LimitExceeded`], [`Error::Forbidden`].
    async fn check_origin(&self, origin: &ServerName, room_id: &RoomId, user: &UserId) -> Result<()> {
        if user.server_name() != origin {
            return Err(Error::Forbidden(format!("{origin} does not speak for {user}")));
        }
        self.inner.accounts.limits().check(Limit::OtherServer, origin)?;
        match self.inner.rooms.acl_allows(room_id, origin).await? {
            true => Ok(()),
            false => Err(Error::Forbidden(format!("the room's ACL shuts {origin} out"))),
        }
    }
}
