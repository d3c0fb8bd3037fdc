//! The children of a space, in their order (client-server § Ordering of children within a space).

use peerbrain_core::limits::HIERARCHY_ROOMS;
use ruma::RoomId;
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};
use store::{Conn, rooms::space_children};

use super::content;
use crate::{Error, Result};

/// The type of the events that make rooms children.
const CHILD: &str = "m.space.child";

/// A child of a space.
#[derive(Debug)]
pub(super) struct Child {
    /// The room.
    pub room_id: String,
    /// The event that says so, stripped, with its time.
    pub stripped: Box<RawValue>,
    /// Servers that are said to be in it.
    pub via: Vec<String>,
}

/// Servers that are asked for a child at most.
const VIA: usize = 5;

#[derive(Deserialize)]
struct Content {
    via: Vec<String>,
    #[serde(default, deserialize_with = "lenient")]
    order: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    suggested: Option<bool>,
}

/// A value of the wrong type counts as absent.
fn lenient<'de, D: serde::Deserializer<'de>, T: serde::de::DeserializeOwned>(de: D) -> Result<Option<T>, D::Error> {
    Ok(serde_json::from_value(serde_json::Value::deserialize(de)?).ok())
}

#[derive(Serialize)]
struct Stripped<'a> {
    content: &'a RawValue,
    origin_server_ts: i64,
    sender: &'a str,
    state_key: &'a str,
    #[serde(rename = "type")]
    event_type: &'a str,
}

/// An event that makes a room the child of a space.
struct Event<'a> {
    content: Content,
    raw: &'a RawValue,
    sender: &'a str,
    state_key: &'a str,
    origin_server_ts: i64,
}

/// The same as another server gives it.
#[derive(Deserialize)]
struct Told<'a> {
    #[serde(borrow)]
    content: &'a RawValue,
    sender: String,
    state_key: String,
    origin_server_ts: i64,
    #[serde(rename = "type")]
    event_type: String,
}

/// The valid children of a space, or those of them that it suggests; at most as many as a walk may visit.
pub(super) fn children_of(conn: &mut Conn, space: i64, suggested_only: bool) -> Result<Vec<Child>> {
    let stored = space_children(conn, space)?;
    let events = stored.iter().filter_map(|event| {
        Some(Event {
            content: content::read(event)?,
            raw: content::raw(event)?,
            sender: &event.sender,
            state_key: event.state_key.as_deref()?,
            origin_server_ts: event.origin_server_ts,
        })
    });
    children(events, suggested_only)
}

/// The same of a space elsewhere, of whose events another server told.
pub(super) fn children_elsewhere(told: &[Box<RawValue>], suggested_only: bool) -> Result<Vec<Child>> {
    let told: Vec<Told<'_>> = told.iter().filter_map(|event| serde_json::from_str(event.get()).ok()).collect();
    let events = told.iter().filter(|event| event.event_type == CHILD).filter_map(|event| {
        Some(Event {
            content: serde_json::from_str(event.content.get()).ok()?,
            raw: event.content,
            sender: &event.sender,
            state_key: &event.state_key,
            origin_server_ts: event.origin_server_ts,
        })
    });
    children(events, suggested_only)
}

fn children<'a>(events: impl Iterator<Item = Event<'a>>, suggested_only: bool) -> Result<Vec<Child>> {
    let mut valid: Vec<Event<'_>> = events
        .filter(|Event { content, state_key, .. }| {
            let suggested = content.suggested.unwrap_or(false) || !suggested_only;
            suggested && !content.via.is_empty() && RoomId::parse(*state_key).is_ok()
        })
        .map(|mut event| {
            event.content.order = event.content.order.filter(|order| is_order(order));
            event
        })
        .collect();
    valid.sort_by(|a, b| place(a).cmp(&place(b)));
    valid.truncate(HIERARCHY_ROOMS);
    valid.into_iter().map(child).collect()
}

/// What children are ordered by.
fn place<'e>(event: &'e Event<'_>) -> (bool, Option<&'e str>, i64, &'e str) {
    let order = event.content.order.as_deref();
    (order.is_none(), order, event.origin_server_ts, event.state_key)
}

/// Whether an order may be used: printable ASCII, at most 50 characters.
fn is_order(order: &str) -> bool {
    order.len() <= 50 && order.bytes().all(|byte| (0x20..=0x7e).contains(&byte))
}

fn child(event: Event<'_>) -> Result<Child> {
    let Event { content, raw, sender, state_key, origin_server_ts } = event;
    let stripped = to_raw_value(&Stripped { content: raw, origin_server_ts, sender, state_key, event_type: CHILD })
        .map_err(|error| Error::Internal(error.to_string()))?;
    let via = content.via.into_iter().take(VIA).collect();
    Ok(Child { room_id: state_key.to_owned(), stripped, via })
}
