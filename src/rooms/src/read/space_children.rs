//! The children of a space, in their order (client-server § Ordering of children within a space).

use peerbrain_core::limits::HIERARCHY_ROOMS;
use ruma::RoomId;
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};
use store::{
    Conn,
    rooms::{StoredEvent, space_children},
};

use super::content;
use crate::{Error, Result};

/// A child of a space.
#[derive(Debug)]
pub(super) struct Child {
    /// The room.
    pub room_id: String,
    /// The event that says so, stripped, with its time.
    pub stripped: Box<RawValue>,
}

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

/// The valid children of a space, or those of them that it suggests; at most as many as a walk may visit.
pub(super) fn children_of(conn: &mut Conn, space: i64, suggested_only: bool) -> Result<Vec<Child>> {
    let mut children: Vec<_> = space_children(conn, space)?
        .into_iter()
        .filter_map(|event| {
            let content: Content = content::read(&event)?;
            let suggested = content.suggested.unwrap_or(false) || !suggested_only;
            let valid = !content.via.is_empty() && RoomId::parse(event.state_key.as_deref()?).is_ok();
            (valid && suggested).then(|| (content.order.filter(|order| is_order(order)), event))
        })
        .collect();
    children.sort_by(|(a_order, a), (b_order, b)| {
        let place =
            |order: &Option<String>, event: &StoredEvent| (order.is_none(), order.clone(), event.origin_server_ts);
        place(a_order, a).cmp(&place(b_order, b)).then_with(|| a.state_key.cmp(&b.state_key))
    });
    children.truncate(HIERARCHY_ROOMS);
    children.iter().map(|(_, event)| child(event)).collect()
}

/// Whether an order may be used: printable ASCII, at most 50 characters.
fn is_order(order: &str) -> bool {
    order.len() <= 50 && order.bytes().all(|byte| (0x20..=0x7e).contains(&byte))
}

fn child(event: &StoredEvent) -> Result<Child> {
    let internal = || Error::Internal(format!("stored event {} cannot be read", event.event_id));
    let room_id = event.state_key.clone().ok_or_else(internal)?;
    let stripped = to_raw_value(&Stripped {
        content: content::raw(event).ok_or_else(internal)?,
        origin_server_ts: event.origin_server_ts,
        sender: &event.sender,
        state_key: &room_id,
        event_type: &event.event_type,
    })
    .map_err(|error| Error::Internal(error.to_string()))?;
    Ok(Child { room_id, stripped })
}
