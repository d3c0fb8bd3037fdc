//! Our users leave: rooms that are here by an event of ours, invites and knocks elsewhere with the help of a server that is
//! there.

use std::time::Duration;

use rooms::foreign::Handshake;
use ruma::{RoomId, RoomVersionId, ServerName, UserId, api::federation::membership::create_leave_event};
use store::rooms::ForeignMember;

use super::handshake::text;
use crate::{Error, Federation, Result, client::Bounds};

/// The answer says nothing.
const NOTHING: Bounds = Bounds { bytes: 65_536, time: Duration::from_secs(20) };

/// How many servers are told; the user does not wait for more.
const TOLD: usize = 3;

impl Federation {
    /// Leaves a room, declines an invite or takes back a knock. An invite to a room elsewhere is declined even where
    /// nobody can be told.
    ///
    /// # Errors
    /// As [`Rooms::leave`](rooms::Rooms::leave).
    pub async fn leave(&self, room_id: &RoomId, user: &UserId, reason: Option<String>) -> Result<()> {
        match self.inner.rooms.foreign_member(user, room_id).await? {
            None => Ok(self.inner.rooms.leave(room_id, user, reason).await?),
            Some(over) if !over.is_open() => Ok(()),
            Some(open) => {
                let (federation, room_id, user) = (self.clone(), room_id.to_owned(), user.to_owned());
                let leave = async move { federation.leave_elsewhere(&room_id, &user, open, reason).await };
                self.inner.runtime.spawn(leave).await.map_err(|error| Error::Internal(error.to_string()))?
            }
        }
    }

    async fn leave_elsewhere(
        &self,
        room_id: &RoomId,
        user: &UserId,
        open: ForeignMember,
        reason: Option<String>,
    ) -> Result<()> {
        let version = RoomVersionId::try_from(open.version.as_str())
            .map_err(|_| Error::Internal(format!("room of version {:?}", open.version)))?;
        let rooms = &self.inner.rooms;
        for server in self.candidates(room_id, Vec::new(), Some(&open)).await?.into_iter().take(TOLD) {
            match self.leave_through(&server, room_id, user, &version, reason.clone()).await {
                Ok(event) => {
                    rooms.end_foreign(open, &event).await?;
                    return Ok(());
                }
                Err(error) => tracing::info!(%server, %room_id, %error, "a server could not be told of a leave"),
            }
        }
        let event = rooms.lonely_leave(&open, reason)?;
        rooms.end_foreign(open, &event).await?;
        Ok(())
    }

    async fn leave_through(
        &self,
        server: &ServerName,
        room_id: &RoomId,
        user: &UserId,
        version: &RoomVersionId,
        reason: Option<String>,
    ) -> Result<events::VerifiedPdu> {
        let prepared = self.prepare(Handshake::Leave, server, room_id, user, Some(version), reason).await?;
        let event = prepared.event.event;
        let request =
            create_leave_event::v2::Request::new(room_id.to_owned(), event.event_id().to_owned(), text(&event)?);
        self.inner.client.send(server, request, NOTHING).await?;
        Ok(event)
    }
}
