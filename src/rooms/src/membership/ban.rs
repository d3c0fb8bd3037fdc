//! `POST /rooms/{roomId}/ban` and `/unban`.

use ruma::{RoomId, UserId};
use store::rooms::Membership;

use crate::{
    Result, Rooms,
    lane::{Proposal, Turn},
    membership::MemberContent,
};

impl Rooms {
    /// Bans a user, whether they are in the room or not.
    pub async fn ban(&self, room_id: &RoomId, sender: &UserId, target: &UserId, reason: Option<String>) -> Result<()> {
        let room = self.writable(room_id).await?;
        let content = MemberContent { reason, ..MemberContent::of("ban") };
        self.propose_one(room, content.proposal(sender, target)?).await?;
        Ok(())
    }

    /// Lifts a ban.
    ///
    /// # Errors
    /// [`Forbidden`](crate::Error::Forbidden) where there is none.
    pub async fn unban(
        &self,
        room_id: &RoomId,
        sender: &UserId,
        target: &UserId,
        reason: Option<String>,
    ) -> Result<()> {
        let room = self.writable(room_id).await?;
        self.require_joined(room, sender).await?;
        let content = MemberContent { reason, ..MemberContent::of("leave") };
        let proposal = Proposal { on_turn: Some(if_banned), ..content.proposal(sender, target)? };
        self.propose_one(room, proposal).await?;
        Ok(())
    }
}

/// Whose ban was lifted meanwhile, and who has come back, is not sent out by this.
fn if_banned(membership: Option<Membership>) -> Turn {
    match membership {
        Some(Membership::Ban) => Turn::Send,
        _ => Turn::Refuse("the user is not banned"),
    }
}
