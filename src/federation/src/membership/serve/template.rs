//! `make_join`, `make_knock`, `make_leave`.

use rooms::foreign::{Handshake, Template};
use ruma::{RoomId, RoomVersionId, ServerName, UserId};

use crate::{Federation, Result};

impl Federation {
    /// The template of a membership event for a user of another server.
    ///
    /// # Errors
    /// [`Error::Forbidden`](crate::Error::Forbidden) for a user of a third server, or who is kept out;
    /// [`Error::LimitExceeded`](crate::Error::LimitExceeded); what
    /// [`Rooms::template`](rooms::Rooms::template) says.
    pub async fn template(
        &self,
        origin: &ServerName,
        handshake: Handshake,
        room_id: &RoomId,
        user: &UserId,
        versions: &[RoomVersionId],
    ) -> Result<Template> {
        self.check_origin(origin, room_id, user).await?;
        Ok(self.inner.rooms.template(handshake, room_id, user, versions).await?)
    }
}
