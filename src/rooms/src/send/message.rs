//! `PUT /rooms/{roomId}/send/{eventType}/{txnId}`.

use events::validate;
use ruma::{MilliSecondsSinceUnixEpoch, OwnedEventId, RoomId, UserId, events::TimelineEventType};
use serde_json::value::RawValue;

use crate::{Error, Origin, Result, Rooms, Sent, lane::Proposal};

impl Rooms {
    /// Sends a message event. A redaction sent this way names its event in the content (spec v1.18, MSC4169).
    ///
    /// # Errors
    /// What the content does wrong, or [`Error::Forbidden`] by the auth rules. Nothing is changed then.
    pub async fn send_message(
        &self,
        room_id: &RoomId,
        sender: &UserId,
        event_type: TimelineEventType,
        content: &RawValue,
        origin: Origin,
        timestamp: Option<MilliSecondsSinceUnixEpoch>,
    ) -> Result<Sent> {
        let content = validate::client_content(&event_type, None, content)?;
        let redacts = match event_type {
            TimelineEventType::RoomRedaction => Some(redacted_in(&content)?),
            _ => None,
        };
        let room = self.writable(room_id).await?;
        let message = Proposal::message(sender.to_owned(), event_type, content);
        self.propose_one(room, Proposal { redacts, origin: Some(origin), timestamp, ..message }).await
    }
}

fn redacted_in(content: &ruma::CanonicalJsonObject) -> Result<OwnedEventId> {
    let named = content.get("redacts").and_then(|value| value.as_str());
    let named = named.ok_or_else(|| Error::MissingParam("a redaction names its event in `redacts`".into()))?;
    OwnedEventId::try_from(named).map_err(|_| Error::InvalidParam("`redacts` is no event id".into()))
}
