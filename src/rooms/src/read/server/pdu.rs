//! Stored events as other servers get them.

use std::borrow::Cow;

use events::redact;
use ruma::room_version_rules::RoomVersionRules;
use serde::Deserialize;
use serde_json::value::RawValue;
use store::rooms::EventRow;

use crate::{Error, Result};

/// The events that an event names.
#[derive(Deserialize)]
pub(super) struct Named<'a> {
    #[serde(borrow)]
    pub prev_events: Vec<Cow<'a, str>>,
    #[serde(borrow)]
    pub auth_events: Vec<Cow<'a, str>>,
}

/// Reads which events an event names.
pub(super) fn named(event: &EventRow) -> Result<Named<'_>> {
    serde_json::from_str(&event.json).map_err(|_| unreadable(event))
}

/// An event as it is stored: the canonical PDU.
pub(super) fn whole(event: &EventRow) -> Result<Box<RawValue>> {
    RawValue::from_string(event.json.clone()).map_err(|_| unreadable(event))
}

/// What of an event everybody in the room may know. Its id and signatures stay valid.
pub(super) fn redacted(event: &EventRow, rules: &RoomVersionRules) -> Result<Box<RawValue>> {
    RawValue::from_string(redact::redacted(&event.json, rules)?).map_err(|_| unreadable(event))
}

fn unreadable(event: &EventRow) -> Error {
    Error::Internal(format!("stored event {} cannot be read", event.event_id))
}
