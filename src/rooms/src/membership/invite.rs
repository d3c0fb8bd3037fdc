//! `POST /rooms/{roomId}/invite`.

use ruma::{RoomId, UserId};
use store::rooms::Membership;

use crate::{Error, Result, Rooms};

impl Rooms {
    /// Invites a user.
    ///
    /// # Errors
    /// [`Error::InviteBlocked`] where the user takes no invites, [`Error::Forbidden`] by the auth rules.
    pub async fn invite(
        &self,
        room_id: &RoomId,
        sender: &UserId,
        target: &UserId,
        reason: Option<String>,
    ) -> Result<()> {
        let room = self.writable(room_id).await?;
        self.require_joined(room, sender).await?;
        self.check_invite(room, target).await?;
        if self.membership_of(room, target).await? == Some(Membership::Join) {
            return Err(Error::Forbidden(format!("{target} is already in the room")));
        }
        let mut content = self.member_content("invite", target).await?;
        content.reason = reason;
        self.set_membership(room, sender, target, content).await?;
        Ok(())
    }

    /// Whether a user may be invited at all: one of ours who takes invites (MSC4380).
    pub(crate) async fn check_invite(&self, room: i64, target: &UserId) -> Result<()> {
        if !self.is_local(target) {
            return Err(Error::Forbidden(format!("{target} is on another server, and this one does not federate")));
        }
        if self.inner.users.blocks_invites(target).await?
            && self.membership_of(room, target).await? != Some(Membership::Join)
        {
            return Err(Error::InviteBlocked);
        }
        Ok(())
    }
}
