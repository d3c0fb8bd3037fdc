//! A user's new name or picture reaches the rooms they are in.

use events::canonical;
use futures_util::{StreamExt, stream};
use ruma::{UserId, events::TimelineEventType};
use store::rooms::{Membership, rooms_of_user};

use crate::{Result, Rooms, lane::Proposal};

/// How many rooms are told at once.
const AT_ONCE: usize = 16;

impl Rooms {
    /// Sends the user's current name and picture to every room they are joined to, and waits for it.
    pub async fn announce_profile(&self, user: &UserId) -> Result<()> {
        let of = user.to_owned();
        let joined = self.inner.store.read(move |conn| rooms_of_user(conn, of.as_str(), &[Membership::Join])).await?;
        let content = canonical::object_from(&self.member_content("join", user).await?)?;
        let tell = |room: i64| {
            let member = TimelineEventType::RoomMember;
            let state = Proposal::state(user.to_owned(), member, user.as_str(), content.clone());
            // Who has left meanwhile, or was sent out, must not come back by this.
            let proposal = Proposal { only_if_joined: true, ..state };
            async move {
                if let Err(error) = self.propose_one(room, proposal).await {
                    tracing::warn!(room, %error, "a new profile could not be sent to a room");
                }
            }
        };
        stream::iter(joined).map(|row| tell(row.room)).buffer_unordered(AT_ONCE).collect::<()>().await;
        Ok(())
    }
}
