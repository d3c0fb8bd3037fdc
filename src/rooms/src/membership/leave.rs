//! `POST /rooms/{roomId}/leave` and `POST /rooms/{roomId}/kick`.

use ruma::{RoomId, UserId};
use store::rooms::{Membership, room_by_nid, rooms_of_user};

use crate::{
    Error, Result, Rooms,
    lane::{Proposal, Turn},
    membership::MemberContent,
};

/// Memberships that one can leave.
const PRESENT: [Membership; 3] = [Membership::Join, Membership::Invite, Membership::Knock];

impl Rooms {
    /// Leaves a room, declines an invite or takes back a knock. Who has left already stays so.
    ///
    /// # Errors
    /// [`Error::Forbidden`] for who was never there, or is banned.
    pub async fn leave(&self, room_id: &RoomId, user: &UserId, reason: Option<String>) -> Result<()> {
        let room = self.nid(room_id).await?;
        let room = room.ok_or_else(|| Error::NotFound("this server does not know the room".into()))?;
        let content = MemberContent { reason, ..MemberContent::of("leave") };
        let leave = content.proposal(user, user)?;
        self.propose_one(room, Proposal { on_turn: Some(once), with_profile: true, ..leave }).await?;
        Ok(())
    }

    /// Sends another user out of the room.
    ///
    /// # Errors
    /// [`Error::Forbidden`] where they are not in it, or by the auth rules.
    pub async fn kick(&self, room_id: &RoomId, sender: &UserId, target: &UserId, reason: Option<String>) -> Result<()> {
        let room = self.writable(room_id).await?;
        self.require_joined(room, sender).await?;
        let content = MemberContent { reason, ..MemberContent::of("leave") };
        let proposal = Proposal { on_turn: Some(if_present), ..content.proposal(sender, target)? };
        self.propose_one(room, proposal).await?;
        Ok(())
    }

    /// Leaves every room, for an account that is closed.
    pub async fn leave_all(&self, user: &UserId) -> Result<()> {
        let of = user.to_owned();
        let ids = self.inner.store.read(move |conn| {
            let mut ids = Vec::new();
            for row in rooms_of_user(conn, of.as_str(), &PRESENT)? {
                ids.extend(room_by_nid(conn, row.room)?.map(|room| room.room_id));
            }
            Ok(ids)
        });
        for id in ids.await? {
            let Ok(room_id) = RoomId::parse(id.as_str()) else { continue };
            match self.leave(&room_id, user, None).await {
                Ok(()) => {}
                // It may be repeated, and then succeed.
                Err(error) if error.may_pass() || matches!(error, Error::Internal(_)) => return Err(error),
                Err(error) => tracing::warn!(%room_id, %error, "a closed account could not leave a room"),
            }
        }
        Ok(())
    }
}

fn once(membership: Option<Membership>) -> Turn {
    if membership == Some(Membership::Leave) { Turn::Keep } else { Turn::Send }
}

fn if_present(membership: Option<Membership>) -> Turn {
    match membership {
        Some(membership) if PRESENT.contains(&membership) => Turn::Send,
        _ => Turn::Refuse("the user is not in the room"),
    }
}
