//! Events as clients see them, written straight from the stored text.

use std::collections::BTreeMap;

use ruma::{EventId, RoomId, room_version_rules::RoomVersionRules};
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};

use crate::{Error, Result};

/// How to write an event for a client (client-server § Room event format).
#[derive(Clone, Copy, Debug)]
pub struct ClientFormat<'a> {
    /// The ID of the event.
    pub event_id: &'a EventId,
    /// The room, or `None` where the response names it once for all its events, as `/sync` does.
    pub room_id: Option<&'a RoomId>,
    /// The rules of the room's version.
    pub rules: &'a RoomVersionRules,
    /// What the server adds to the event.
    pub unsigned: Unsigned<'a>,
}

/// What a server tells a client about an event beside the event itself. Absent fields are not written, and `unsigned`
/// is left out when all are absent.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Unsigned<'a> {
    /// Milliseconds since the event was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub age: Option<i64>,
    /// The membership, at the event, of the user who asks (MSC4115).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub membership: Option<&'a str>,
    /// The content of the state event that this one replaced.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prev_content: Option<&'a RawValue>,
    /// The sender of the state event that this one replaced.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prev_sender: Option<&'a str>,
    /// The redaction, as a whole client event, if this event is redacted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redacted_because: Option<&'a RawValue>,
    /// The aggregated child events, by relation type.
    #[serde(rename = "m.relations", skip_serializing_if = "Option::is_none")]
    pub relations: Option<&'a RawValue>,
    /// The state event that this one replaced.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replaces_state: Option<&'a EventId>,
    /// The transaction ID of the client's own request. For the device that sent the event only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transaction_id: Option<&'a str>,
}

impl Unsigned<'_> {
    fn is_empty(&self) -> bool {
        let Self {
            age,
            membership,
            prev_content,
            prev_sender,
            redacted_because,
            relations,
            replaces_state,
            transaction_id,
        } = self;
        let raw = [prev_content, redacted_because, relations];
        let text = [membership, prev_sender, transaction_id];
        age.is_none()
            && replaces_state.is_none()
            && raw.iter().all(|field| field.is_none())
            && text.iter().all(|field| field.is_none())
    }
}

/// What is read of a stored event. The values are left as they are in the text.
#[derive(Deserialize)]
struct Stored<'a> {
    #[serde(borrow)]
    content: &'a RawValue,
    #[serde(borrow)]
    origin_server_ts: &'a RawValue,
    #[serde(borrow)]
    redacts: Option<&'a RawValue>,
    #[serde(borrow)]
    sender: &'a RawValue,
    #[serde(borrow)]
    state_key: Option<&'a RawValue>,
    #[serde(borrow, rename = "type")]
    event_type: &'a RawValue,
}

#[derive(Serialize)]
struct Written<'a> {
    content: &'a RawValue,
    event_id: &'a EventId,
    origin_server_ts: &'a RawValue,
    #[serde(skip_serializing_if = "Option::is_none")]
    redacts: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    room_id: Option<&'a RoomId>,
    sender: &'a RawValue,
    #[serde(skip_serializing_if = "Option::is_none")]
    state_key: Option<&'a RawValue>,
    #[serde(rename = "type")]
    event_type: &'a RawValue,
    #[serde(skip_serializing_if = "Unsigned::is_empty")]
    unsigned: Unsigned<'a>,
}

#[derive(Serialize)]
struct Stripped<'a> {
    content: &'a RawValue,
    sender: &'a RawValue,
    state_key: &'a RawValue,
    #[serde(rename = "type")]
    event_type: &'a RawValue,
}

/// Writes a stored event for a client.
///
/// * `json`: the canonical text of the event ([`Pdu::json`](crate::Pdu::json)).
///
/// Redactions name what they redact both beside and in their content, whatever the room version, so that clients of
/// all ages understand them. The result goes into a response as it is (`Raw::from_json`).
pub fn client_event(json: &str, format: &ClientFormat<'_>) -> Result<Box<RawValue>> {
    let stored: Stored<'_> = read(json)?;
    let content;
    let mut written = Written {
        content: stored.content,
        event_id: format.event_id,
        origin_server_ts: stored.origin_server_ts,
        redacts: None,
        room_id: format.room_id,
        sender: stored.sender,
        state_key: stored.state_key,
        event_type: stored.event_type,
        unsigned: format.unsigned,
    };
    if stored.event_type.get() == "\"m.room.redaction\"" {
        if format.rules.redaction.content_field_redacts {
            written.redacts = read::<RedactionContent<'_>>(stored.content.get())?.redacts;
        } else if let Some(redacts) = stored.redacts {
            written.redacts = Some(redacts);
            content = with_redacts(stored.content, redacts)?;
            written.content = &content;
        }
    }
    write(&written)
}

/// Writes a stored state event as stripped state, for invites, knocks and the like (client-server § Stripped state):
/// `content`, `sender`, `state_key` and `type` alone.
pub fn stripped_state(json: &str) -> Result<Box<RawValue>> {
    let Stored { content, sender, state_key, event_type, .. } = read(json)?;
    let state_key = state_key.ok_or_else(|| Error::Format("stripped state must be of state events".to_owned()))?;
    write(&Stripped { content, sender, state_key, event_type })
}

#[derive(Deserialize)]
struct RedactionContent<'a> {
    #[serde(borrow)]
    redacts: Option<&'a RawValue>,
}

/// The content of a redaction with `redacts` set to the value beside it.
fn with_redacts(content: &RawValue, redacts: &RawValue) -> Result<Box<RawValue>> {
    let mut fields: BTreeMap<String, &RawValue> = read(content.get())?;
    fields.insert("redacts".to_owned(), redacts);
    write(&fields)
}

fn read<'a, T: Deserialize<'a>>(json: &'a str) -> Result<T> {
    serde_json::from_str(json).map_err(|error| Error::Format(error.to_string()))
}

fn write(value: &impl Serialize) -> Result<Box<RawValue>> {
    to_raw_value(value).map_err(|error| Error::Format(error.to_string()))
}
