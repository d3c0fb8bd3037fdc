//! `POST /rooms/{roomId}/join` and `POST /join/{roomIdOrAlias}`.

use ruma::{RoomId, UserId};
use store::rooms::Membership;

use crate::{Error, Result, Rooms};

impl Rooms {
    /// Joins a user of ours to a room. Who is joined already stays so.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a room that is not here, [`Error::Forbidden`] where the join rules do not let the user in.
    pub async fn join(&self, room_id: &RoomId, user: &UserId, reason: Option<String>) -> Result<()> {
        let room = self.nid(room_id).await?;
        let room = room.ok_or_else(|| Error::NotFound("this server does not know the room".into()))?;
        let membership = self.membership_of(room, user).await?;
        if membership == Some(Membership::Join) {
            return Ok(());
        }
        let mut content = self.member_content("join", user).await?;
        content.reason = reason;
        if membership != Some(Membership::Invite) {
            content.join_authorised_via_users_server = self.authorising_user(room, user).await?;
        }
        self.set_membership(room, user, user, content).await?;
        Ok(())
    }
}
