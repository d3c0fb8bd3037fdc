//! Knocks of our users.

use std::time::Duration;

use rooms::foreign::{Handshake, Rebuilt};
use ruma::{OwnedServerName, RoomId, ServerName, UserId, api::federation::membership::create_knock_event};

use super::{failure::Failure, handshake::text};
use crate::{Federation, Result, client::Bounds};

/// An answer has a few events that show what room it is.
const SHOWN: Bounds = Bounds { bytes: 1 << 20, time: Duration::from_secs(20) };

impl Federation {
    /// Asks for one of our users to be let into a room, here or elsewhere.
    ///
    /// * `via`: servers that may be in the room.
    ///
    /// # Errors
    /// As [`Federation::join`].
    pub async fn knock(
        &self,
        room_id: &RoomId,
        user: &UserId,
        via: Vec<OwnedServerName>,
        reason: Option<String>,
    ) -> Result<()> {
        let rooms = &self.inner.rooms;
        if rooms.is_resident(room_id).await? {
            return Ok(rooms.knock(room_id, user, reason).await?);
        }
        self.check_may_enter(room_id, user).await?;
        let mut failure = Failure::default();
        for server in self.candidates(room_id, via, None).await? {
            match self.knock_through(&server, room_id, user, reason.clone()).await {
                Ok(()) => return Ok(()),
                Err(error) => failure.note(&server, error),
            }
        }
        Err(failure.into_error())
    }

    async fn knock_through(
        &self,
        server: &ServerName,
        room_id: &RoomId,
        user: &UserId,
        reason: Option<String>,
    ) -> Result<()> {
        let prepared = self.prepare(Handshake::Knock, server, room_id, user, None, reason).await?;
        let Rebuilt { event, rules, .. } = &prepared.event;
        let request =
            create_knock_event::v1::Request::new(room_id.to_owned(), event.event_id().to_owned(), text(event)?);
        let told = self.inner.client.send(server, request, SHOWN).await?.knock_room_state;
        // The knock is in the room: what is told of it is no reason any more to say that it failed.
        let shown = self.shown(told, rules, room_id, user).await.without_members();
        self.inner.rooms.keep_knock(event, &prepared.version, server, &shown).await?;
        Ok(())
    }
}
