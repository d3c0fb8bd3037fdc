//! `POST /rooms/{roomId}/leave` and `POST /rooms/{roomId}/kick`.

use ruma::{RoomId, UserId};
use store::rooms::{Membership, room_by_nid, rooms_of_user};

use crate::{Error, Result, Rooms};

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
        if self.membership_of(room, user).await? == Some(Membership::Leave) {
            return Ok(());
        }
        let mut content = self.member_content("leave", user).await?;
        content.reason = reason;
        self.set_membership(room, user, user, content).await?;
        Ok(())
    }

    /// Sends another user out of the room.
    ///
    /// # Errors
    /// [`Error::Forbidden`] where they are not in it, or by the auth rules.
    pub async fn kick(&self, room_id: &RoomId, sender: &UserId, target: &UserId, reason: Option<String>) -> Result<()> {
        let room = self.writable(room_id).await?;
        self.require_joined(room, sender).await?;
        let membership = self.membership_of(room, target).await?;
        if !membership.is_some_and(|membership| PRESENT.contains(&membership)) {
            return Err(Error::Forbidden(format!("{target} is not in the room")));
        }
        let content = super::MemberContent { membership: "leave", reason, ..Default::default() };
        self.set_membership(room, sender, target, content).await?;
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
                Err(error @ (Error::Store(_) | Error::Unavailable(_) | Error::Busy | Error::Internal(_))) => {
                    return Err(error);
                }
                Err(error) => tracing::warn!(%room_id, %error, "a closed account could not leave a room"),
            }
        }
        Ok(())
    }
}
