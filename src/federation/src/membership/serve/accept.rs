//! `send_join`, `send_knock`, `send_leave`.

use events::VerifiedPdu;
use rooms::{foreign::Handshake, rules_of};
use ruma::{EventId, RoomId, ServerName};
use serde_json::value::RawValue;

use super::claim::Claim;
use crate::{Error, Federation, Result};

impl Federation {
    /// Puts a membership event that another server has made of our template into the room; gives it as it is there, with
    /// our signature if we let its sender into a restricted room.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a room that is not here, [`Error::InvalidParam`] for another event than it must be or one
    /// that is not signed, [`Error::Forbidden`] where the room does not allow it, [`Error::LimitExceeded`].
    pub async fn accept(
        &self,
        origin: &ServerName,
        handshake: Handshake,
        room_id: &RoomId,
        event_id: &EventId,
        event: Box<RawValue>,
    ) -> Result<VerifiedPdu> {
        let claim = Claim::of(&event, origin)?;
        if claim.state_key != claim.sender {
            return Err(Error::InvalidParam("the event is not about its sender".into()));
        }
        self.check_origin(origin, room_id, &claim.sender).await?;
        let rules = rules_of(&self.inner.rooms.resident_room(room_id).await?)?;
        let event = match handshake {
            Handshake::Join => self.inner.rooms.vouch(room_id, &event, rules).await?,
            Handshake::Knock | Handshake::Leave => event,
        };
        let event = self.checked(event, rules, room_id, event_id).await?;
        self.inner.rooms.accept(handshake, room_id, event.clone()).await?;
        Ok(event)
    }
}
