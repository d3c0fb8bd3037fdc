//! `PUT /rooms/{roomId}/redact/{eventId}/{txnId}`.

use events::canonical;
use ruma::{EventId, RoomId, UserId, events::TimelineEventType};
use serde_json::json;
use store::rooms::event_by_id;

use crate::{Origin, Result, Rooms, Sent, lane::Proposal};

impl Rooms {
    /// Empties an event of the room.
    ///
    /// # Errors
    /// [`crate::Error::Forbidden`] where the sender may redact only their own events and this is not one.
    pub async fn redact(
        &self,
        room_id: &RoomId,
        sender: &UserId,
        event_id: &EventId,
        reason: Option<&str>,
        origin: Origin,
    ) -> Result<Sent> {
        let content = match reason {
            Some(reason) => canonical::object_from(&json!({ "reason": reason }))?,
            None => Default::default(),
        };
        let room = self.writable(room_id).await?;
        let message = Proposal::message(sender.to_owned(), TimelineEventType::RoomRedaction, content);
        let proposal = Proposal { redacts: Some(event_id.to_owned()), origin: Some(origin), ..message };
        self.propose_one(room, proposal).await
    }

    /// Whether an event of the room is this user's own.
    pub async fn is_author(&self, room_id: &RoomId, user: &UserId, event_id: &EventId) -> Result<bool> {
        let Some(room) = self.nid(room_id).await? else { return Ok(false) };
        let event_id = event_id.to_owned();
        let event = self.inner.store.read(move |conn| event_by_id(conn, room, event_id.as_str())).await?;
        Ok(event.is_some_and(|event| event.sender == user.as_str()))
    }
}
