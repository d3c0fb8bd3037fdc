//! `POST /rooms/{roomId}/invite`.

use ruma::{RoomId, UserId};
use store::rooms::Membership;

use crate::{
    Error, Result, Rooms,
    lane::{Proposal, Turn},
    membership::MemberContent,
};

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
        let content = MemberContent { reason, ..MemberContent::of("invite") };
        let invite = content.proposal(sender, target)?;
        self.propose_one(room, Proposal { on_turn: Some(unless_joined), with_profile: true, ..invite }).await?;
        Ok(())
    }

    /// Whether a user may be invited at all: one of ours who takes invites (MSC4380).
    pub(crate) async fn check_invite(&self, room: i64, target: &UserId) -> Result<()> {
        if !self.is_local(target) {
            return Err(Error::Forbidden(format!(
                "{target} is a user of another server: those are invited by `/invite`"
            )));
        }
        if self.inner.accounts.preferences(target).await?.invites_blocked
            && self.membership_of(room, target).await? != Some(Membership::Join)
        {
            return Err(Error::InviteBlocked);
        }
        Ok(())
    }
}

fn unless_joined(membership: Option<Membership>) -> Turn {
    match membership {
        Some(Membership::Join) => Turn::Refuse("the user is already in the room"),
        _ => Turn::Send,
    }
}
