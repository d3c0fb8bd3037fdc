//! A user's new name or picture reaches the rooms they are in.

use futures_util::{StreamExt, stream};
use ruma::UserId;
use store::rooms::{Membership, rooms_of_user};

use crate::{Result, Rooms};

/// How many rooms are told at once.
const AT_ONCE: usize = 16;

impl Rooms {
    /// Sends the user's current name and picture to every room they are joined to, and waits for it.
    pub async fn announce_profile(&self, user: &UserId) -> Result<()> {
        let of = user.to_owned();
        let joined = self.inner.store.read(move |conn| rooms_of_user(conn, of.as_str(), &[Membership::Join])).await?;
        let content = self.member_content("join", user).await?;
        let tell = |room: i64| {
            let content = content.clone();
            async move {
                if let Err(error) = self.set_membership(room, user, user, content).await {
                    tracing::warn!(room, %error, "a new profile could not be sent to a room");
                }
            }
        };
        stream::iter(joined).map(|row| tell(row.room)).buffer_unordered(AT_ONCE).collect::<()>().await;
        Ok(())
    }
}
