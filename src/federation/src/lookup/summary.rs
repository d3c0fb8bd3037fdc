//! `GET /room_summary/{roomIdOrAlias}` of clients, for rooms that are not here.

use rooms::read::SummaryForUser;
use ruma::{OwnedServerName, RoomId, UserId};

use crate::{Federation, Result};

impl Federation {
    /// A room elsewhere in a few words, for one of our users.
    ///
    /// * `via`: servers that may know it.
    ///
    /// # Errors
    /// Those of [`Client::send`](crate::client::Client::send); [`Error::NotFound`](crate::Error::NotFound) where nobody can be
    /// asked, or the user may not learn of the room.
    pub async fn room_summary(
        &self,
        user_id: &UserId,
        room_id: &RoomId,
        via: Vec<OwnedServerName>,
    ) -> Result<SummaryForUser> {
        let open = self.inner.rooms.foreign_member(user_id, room_id).await?;
        let servers = self.candidates(room_id, via, open.as_ref()).await?;
        let space = self.space(room_id, servers).await?;
        Ok(self.inner.rooms.summary_elsewhere(user_id, space.room.summary.clone()).await?)
    }
}
