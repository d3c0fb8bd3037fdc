//! An event in memory.

use std::{fmt, sync::Arc};

use ruma::{
    EventId, MilliSecondsSinceUnixEpoch, OwnedEventId, OwnedRoomId, OwnedUserId, RoomId, UserId,
    events::TimelineEventType, room_version_rules::RoomVersionRules, state_res::Event,
};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{Error, Result, format::MAX_ID_BYTES};

/// An event as the servers of a room exchange it, parsed and immutable. Cloning costs one reference count.
///
/// What a `Pdu` says may be trusted as far as its origin: from our own database by [`Pdu::from_stored`], or by way of
/// [`VerifiedPdu`](crate::VerifiedPdu), which is the only one to take events from elsewhere.
#[derive(Clone)]
pub struct Pdu(Arc<Inner>);

#[derive(Clone)]
struct Inner {
    event_id: OwnedEventId,
    room_id: OwnedRoomId,
    room_id_in_event: bool,
    sender: OwnedUserId,
    origin_server_ts: MilliSecondsSinceUnixEpoch,
    event_type: TimelineEventType,
    state_key: Option<Box<str>>,
    depth: i64,
    prev_events: Box<[OwnedEventId]>,
    auth_events: Box<[OwnedEventId]>,
    redacts: Option<OwnedEventId>,
    rejected: bool,
    content: Box<RawValue>,
    json: Box<str>,
}

/// The fields that every event has, as they are in its JSON.
#[derive(Deserialize)]
struct Fields {
    auth_events: Box<[OwnedEventId]>,
    content: Box<RawValue>,
    depth: i64,
    origin_server_ts: MilliSecondsSinceUnixEpoch,
    prev_events: Box<[OwnedEventId]>,
    redacts: Option<Box<RawValue>>,
    room_id: Option<OwnedRoomId>,
    sender: OwnedUserId,
    state_key: Option<Box<str>>,
    #[serde(rename = "type")]
    event_type: TimelineEventType,
}

#[derive(Deserialize)]
struct RedactionContent {
    redacts: Option<OwnedEventId>,
}

impl Pdu {
    /// Reads an event that was stored after it had been verified. Hashes and signatures are not looked at again.
    ///
    /// * `json`: the canonical text, as [`Pdu::json`] gave it.
    /// * `rejected`: whether the event failed the authorization rules when it was received.
    pub fn from_stored(
        json: impl Into<Box<str>>,
        event_id: OwnedEventId,
        rules: &RoomVersionRules,
        rejected: bool,
    ) -> Result<Self> {
        let json = json.into();
        let fields: Fields = serde_json::from_str(&json).map_err(|error| Error::Format(error.to_string()))?;
        let room_id_in_event = fields.room_id.is_some();
        let is_create = fields.event_type == TimelineEventType::RoomCreate;
        let room_id = match fields.room_id {
            _ if is_create && rules.authorization.room_create_event_id_as_room_id => room_of_create(&event_id)?,
            Some(room_id) => room_id,
            None => return Err(Error::Format("missing field `room_id`".to_owned())),
        };
        let redacts = match fields.event_type {
            TimelineEventType::RoomRedaction if rules.redaction.content_field_redacts => {
                serde_json::from_str::<RedactionContent>(fields.content.get()).ok().and_then(|content| content.redacts)
            }
            TimelineEventType::RoomRedaction => fields.redacts.and_then(|raw| serde_json::from_str(raw.get()).ok()),
            _ => None,
        };
        // What can be the id of no event is not waited for.
        let redacts = redacts.filter(|id| id.as_str().len() <= MAX_ID_BYTES && !id.as_str().contains('\0'));
        Ok(Self(Arc::new(Inner {
            event_id,
            room_id,
            room_id_in_event,
            sender: fields.sender,
            origin_server_ts: fields.origin_server_ts,
            event_type: fields.event_type,
            state_key: fields.state_key,
            depth: fields.depth,
            prev_events: fields.prev_events,
            auth_events: fields.auth_events,
            redacts,
            rejected,
            content: fields.content,
            json,
        })))
    }

    /// The same event with another verdict of the authorization rules.
    pub fn with_rejected(&self, rejected: bool) -> Self {
        if self.0.rejected == rejected {
            return self.clone();
        }
        let mut inner = (*self.0).clone();
        inner.rejected = rejected;
        Self(Arc::new(inner))
    }

    /// The event ID: the reference hash of the event.
    pub fn event_id(&self) -> &EventId {
        &self.0.event_id
    }

    /// The room. For a create event of room version 12, which names none, the one that it creates.
    pub fn room_id(&self) -> &RoomId {
        &self.0.room_id
    }

    /// The sender.
    pub fn sender(&self) -> &UserId {
        &self.0.sender
    }

    /// When the sender's server says it was sent.
    pub fn origin_server_ts(&self) -> MilliSecondsSinceUnixEpoch {
        self.0.origin_server_ts
    }

    /// The type.
    pub fn event_type(&self) -> &TimelineEventType {
        &self.0.event_type
    }

    /// The state key, if it is a state event.
    pub fn state_key(&self) -> Option<&str> {
        self.0.state_key.as_deref()
    }

    /// Whether this is the state event of the given type and state key.
    pub fn is_state(&self, event_type: &TimelineEventType, state_key: &str) -> bool {
        self.event_type() == event_type && self.state_key() == Some(state_key)
    }

    /// One more than the greatest depth of the events before it, as its server says.
    pub fn depth(&self) -> i64 {
        self.0.depth
    }

    /// The events before this one.
    pub fn prev_events(&self) -> &[OwnedEventId] {
        &self.0.prev_events
    }

    /// The state events that allow this one.
    pub fn auth_events(&self) -> &[OwnedEventId] {
        &self.0.auth_events
    }

    /// The event that this redaction redacts: a top-level field up to room version 10, in the content since 11.
    pub fn redacts(&self) -> Option<&EventId> {
        self.0.redacts.as_deref()
    }

    /// Whether the event failed the authorization rules when it was received.
    pub fn rejected(&self) -> bool {
        self.0.rejected
    }

    /// The content.
    pub fn content(&self) -> &RawValue {
        &self.0.content
    }

    /// The content as a type of the caller's choice.
    pub fn content_as<'a, T: Deserialize<'a>>(&'a self) -> Result<T> {
        serde_json::from_str(self.0.content.get()).map_err(|error| Error::BadJson(error.to_string()))
    }

    /// The whole event as canonical JSON, with hashes and signatures, without `unsigned`: what is stored and
    /// federated.
    pub fn json(&self) -> &str {
        &self.0.json
    }
}

/// The room that a create event of room version 12 makes: its ID under another sigil.
fn room_of_create(event_id: &EventId) -> Result<OwnedRoomId> {
    let hash = event_id.as_str().trim_start_matches('$');
    RoomId::parse(format!("!{hash}")).map_err(|error| Error::Format(format!("room ID of create event: {error}")))
}

impl fmt::Debug for Pdu {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pdu")
            .field("event_id", &self.0.event_id)
            .field("room_id", &self.0.room_id)
            .field("event_type", &self.0.event_type)
            .field("rejected", &self.0.rejected)
            .finish_non_exhaustive()
    }
}

/// For ruma's authorization rules and state resolution. `room_id` is the one *in* the event here: those rules demand
/// that a create event of room version 12 has none.
impl Event for Pdu {
    type Id = OwnedEventId;

    fn event_id(&self) -> &OwnedEventId {
        &self.0.event_id
    }

    fn room_id(&self) -> Option<&RoomId> {
        self.0.room_id_in_event.then_some(&*self.0.room_id)
    }

    fn sender(&self) -> &UserId {
        &self.0.sender
    }

    fn origin_server_ts(&self) -> MilliSecondsSinceUnixEpoch {
        self.0.origin_server_ts
    }

    fn event_type(&self) -> &TimelineEventType {
        &self.0.event_type
    }

    fn content(&self) -> &RawValue {
        &self.0.content
    }

    fn state_key(&self) -> Option<&str> {
        self.0.state_key.as_deref()
    }

    fn prev_events(&self) -> Box<dyn DoubleEndedIterator<Item = &OwnedEventId> + '_> {
        Box::new(self.0.prev_events.iter())
    }

    fn auth_events(&self) -> Box<dyn DoubleEndedIterator<Item = &OwnedEventId> + '_> {
        Box::new(self.0.auth_events.iter())
    }

    fn redacts(&self) -> Option<&OwnedEventId> {
        self.0.redacts.as_ref()
    }

    fn rejected(&self) -> bool {
        self.0.rejected
    }
}
