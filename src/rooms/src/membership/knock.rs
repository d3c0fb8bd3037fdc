//! `POST /knock/{roomIdOrAlias}`.

use ruma::{RoomId, UserId};
use store::rooms::Membership;

use crate::{
    Error, Result, Rooms,
    lane::{Proposal, Turn},
    membership::MemberContent,
};

impl Rooms {
    /// Asks to be let into a room.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a room that is not here, [`Error::Forbidden`] where it takes no knocks, or not from
    /// somebody who is in it already.
    pub async fn knock(&self, room_id: &RoomId, user: &UserId, reason: Option<String>) -> Result<()> {
        let room = self.nid(room_id).await?;
        let room = room.ok_or_else(|| Error::NotFound("this server does not know the room".into()))?;
        let content = MemberContent { reason, ..MemberContent::of("knock") };
        let knock = content.proposal(user, user)?;
        self.propose_one(room, Proposal { on_turn: Some(unless_let_in), with_profile: true, ..knock }).await?;
        Ok(())
    }
}

fn unless_let_in(membership: Option<Membership>) -> Turn {
    match membership {
        Some(Membership::Join) => Turn::Refuse("you are in this room already"),
        Some(Membership::Invite) => Turn::Refuse("you are invited to this room"),
        _ => Turn::Send,
    }
}
