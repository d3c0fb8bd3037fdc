//! `POST /knock/{roomIdOrAlias}`.

use ruma::{RoomId, UserId};
use store::rooms::Membership;

use crate::{Error, Result, Rooms};

impl Rooms {
    /// Asks to be let into a room.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a room that is not here, [`Error::Forbidden`] where it takes no knocks, or not from
    /// somebody who is in it already.
    pub async fn knock(&self, room_id: &RoomId, user: &UserId, reason: Option<String>) -> Result<()> {
        let room = self.nid(room_id).await?;
        let room = room.ok_or_else(|| Error::NotFound("this server does not know the room".into()))?;
        match self.membership_of(room, user).await? {
            Some(Membership::Join) => return Err(Error::Forbidden("you are in this room already".into())),
            Some(Membership::Invite) => return Err(Error::Forbidden("you are invited to this room".into())),
            _ => {}
        }
        let mut content = self.member_content("knock", user).await?;
        content.reason = reason;
        self.set_membership(room, user, user, content).await?;
        Ok(())
    }
}
