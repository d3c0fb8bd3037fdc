//! One event, ready to be written to any client.

use std::borrow::Cow;

use ::events::{ClientFormat, Unsigned, client_event::client_event};
use rooms::read::is_for_clients;
use ruma::{EventId, room_version_rules::RoomVersionRules};
use serde::{Deserialize, de::IgnoredAny};
use serde_json::value::RawValue;
use store::rooms::{EventFlags, Membership, StoredEvent};

use crate::{Error, Result};

/// An event as clients get it, but for `unsigned`, which depends on who asks; and what filters and order need of it.
#[derive(Debug)]
pub(crate) struct ClientEvent {
    pub nid: i64,
    pub position: i64,
    pub flags: EventFlags,
    pub ts: i64,
    /// Whether clients may be given it at all.
    pub visible: bool,
    pub event_id: Box<str>,
    pub event_type: Box<str>,
    pub sender: Box<str>,
    pub state_key: Option<Box<str>>,
    /// The event that held the state key before.
    pub replaces: Option<i64>,
    pub redacted_by: Option<i64>,
    pub state_before: i64,
    pub state_after: i64,
    /// The device and transaction that made it.
    pub request: Option<Box<(String, String)>>,
    /// Whether the content has a `url`.
    pub has_url: bool,
    /// Of an `m.room.member`: what it says.
    pub membership: Option<Membership>,
    /// The JSON object, without its closing brace.
    json: Box<str>,
    /// Where the content stands in it.
    content: (u32, u32),
}

#[derive(Deserialize)]
struct WithContent<'a> {
    #[serde(borrow)]
    content: &'a RawValue,
}

impl ClientEvent {
    /// Writes a stored event.
    pub fn new(event: &StoredEvent, rules: &RoomVersionRules) -> Result<Self> {
        let event_id = <&EventId>::try_from(event.event_id.as_str())
            .map_err(|_| Error::Internal(format!("stored event id {:?}", event.event_id)))?;
        let format = ClientFormat { event_id, room_id: None, rules, unsigned: Unsigned::default() };
        let json: Box<str> = client_event(&event.json, &format)?.into();
        let broken = || Error::Internal(format!("event {event_id} cannot be written"));
        let text = json.get(..json.len().saturating_sub(1)).ok_or_else(broken)?;
        let content = serde_json::from_str::<WithContent<'_>>(&json).map_err(|_| broken())?.content.get();
        let start = (content.as_ptr() as usize).wrapping_sub(json.as_ptr() as usize);
        Ok(Self {
            nid: event.nid,
            position: event.position,
            flags: EventFlags(event.flags),
            ts: event.origin_server_ts,
            visible: is_for_clients(event),
            event_id: event.event_id.as_str().into(),
            event_type: event.event_type.as_str().into(),
            sender: event.sender.as_str().into(),
            state_key: event.state_key.as_deref().map(Into::into),
            replaces: event.replaces,
            redacted_by: event.redacted_by,
            state_before: event.state_before,
            state_after: event.state_after,
            request: event.device_id.clone().zip(event.txn_id.clone()).map(Box::new),
            has_url: has_url(content),
            membership: (event.event_type == "m.room.member").then(|| membership(content)),
            content: (u32::try_from(start).map_err(|_| broken())?, u32::try_from(content.len()).map_err(|_| broken())?),
            json: text.into(),
        })
    }

    /// The JSON object without its closing brace.
    pub fn open_json(&self) -> &str {
        &self.json
    }

    /// The content.
    pub fn content(&self) -> &str {
        let (start, length) = (self.content.0 as usize, self.content.1 as usize);
        self.json.get(start..start + length).unwrap_or("{}")
    }

    /// Whether this is the membership of this user.
    pub fn is_member_of(&self, user_id: &str) -> bool {
        self.membership.is_some() && self.state_key.as_deref() == Some(user_id)
    }

    /// One text of the content.
    pub fn content_text(&self, field: &str) -> Option<String> {
        let content: serde_json::Value = serde_json::from_str(self.content()).ok()?;
        Some(content.get(field)?.as_str()?.to_owned())
    }

    /// Roughly how many bytes this takes.
    pub fn weight(&self) -> u64 {
        let texts = self.json.len() + self.event_id.len() + self.event_type.len() + self.sender.len();
        let request = self.request.as_ref().map_or(0, |request| 100 + request.0.len() + request.1.len());
        (350 + texts + request + self.state_key.as_ref().map_or(0, |key| key.len())) as u64
    }
}

fn has_url(content: &str) -> bool {
    #[derive(Deserialize)]
    struct Content {
        url: Option<IgnoredAny>,
    }
    // Hardly any event has one: the text is searched before it is parsed.
    content.contains("\"url\"") && serde_json::from_str::<Content>(content).is_ok_and(|content| content.url.is_some())
}

fn membership(content: &str) -> Membership {
    #[derive(Deserialize)]
    struct Content<'a> {
        #[serde(borrow)]
        membership: Cow<'a, str>,
    }
    let content = serde_json::from_str::<Content<'_>>(content).ok();
    content.and_then(|content| Membership::from_word(&content.membership)).unwrap_or(Membership::Leave)
}
