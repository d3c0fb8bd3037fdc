//! `POST /rooms/{roomId}/ban` and `/unban`.

use ruma::{RoomId, UserId};
use store::rooms::Membership;

use crate::{Error, Result, Rooms, membership::MemberContent};

impl Rooms {
    /// Bans a user, whether they are in the room or not.
    pub async fn ban(&self, room_id: &RoomId, sender: &UserId, target: &UserId, reason: Option<String>) -> Result<()> {
        let room = self.writable(room_id).await?;
        let content = MemberContent { membership: "ban", reason, ..Default::default() };
        self.set_membership(room, sender, target, content).await?;
        Ok(())
    }

    /// Lifts a ban.
    ///
    /// # Errors
    /// [`Error::Forbidden`] where there is none.
    pub async fn unban(
        &self,
        room_id: &RoomId,
        sender: &UserId,
        target: &UserId,
        reason: Option<String>,
    ) -> Result<()> {
        let room = self.writable(room_id).await?;
        self.require_joined(room, sender).await?;
        if self.membership_of(room, target).await? != Some(Membership::Ban) {
            return Err(Error::Forbidden(format!("{target} is not banned")));
        }
        let content = MemberContent { membership: "leave", reason, ..Default::default() };
        self.set_membership(room, sender, target, content).await?;
        Ok(())
    }
}
