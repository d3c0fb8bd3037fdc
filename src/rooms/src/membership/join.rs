//! `POST /rooms/{roomId}/join` and `POST /join/{roomIdOrAlias}`.

use ruma::{RoomId, UserId};
use store::rooms::Membership;

use crate::{
    Error, Result, Rooms,
    lane::{Proposal, Turn},
    membership::MemberContent,
};

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
        let mut content = MemberContent { reason, ..MemberContent::of("join") };
        if membership != Some(Membership::Invite) {
            content.join_authorised_via_users_server = self.authorising_user(room, user).await?;
        }
        let join = content.proposal(user, user)?;
        self.propose_one(room, Proposal { on_turn: Some(once), with_profile: true, ..join }).await?;
        self.settle_profile(room, user).await;
        Ok(())
    }
}

fn once(membership: Option<Membership>) -> Turn {
    if membership == Some(Membership::Join) { Turn::Keep } else { Turn::Send }
}
