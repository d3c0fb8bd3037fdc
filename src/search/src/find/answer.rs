//! What a search finds, as it is written for clients.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value, value::RawValue};

/// The `room_events` of an answer.
#[derive(Debug, Default, Serialize)]
pub struct Answer {
    /// How many there are in all, as far as was looked.
    pub count: usize,
    /// Words to highlight.
    pub highlights: Vec<String>,
    /// The results of this page, in order.
    pub results: Vec<Hit>,
    /// The states of the rooms of the results, if they were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<BTreeMap<String, Vec<Box<RawValue>>>>,
    /// The results by what they were to be grouped by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub groups: Option<BTreeMap<&'static str, BTreeMap<String, Group>>>,
    /// Where the next page begins, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_batch: Option<String>,
}

/// One result.
#[derive(Debug, Serialize)]
pub struct Hit {
    /// How well it fits.
    pub rank: f64,
    /// The event.
    pub result: Box<RawValue>,
    /// What surrounds it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context: Option<HitContext>,
}

/// What surrounds a result.
#[derive(Debug, Serialize)]
pub struct HitContext {
    /// A token from which to page back.
    pub start: String,
    /// A token from which to page on.
    pub end: String,
    /// What came before, the newest first.
    pub events_before: Vec<Box<RawValue>>,
    /// What came after, the oldest first.
    pub events_after: Vec<Box<RawValue>>,
    /// The profiles of the senders by user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile_info: Option<Map<String, Value>>,
}

/// Results that belong together.
#[derive(Debug, Default, Serialize)]
pub struct Group {
    /// Where the group comes among the others.
    pub order: usize,
    /// The ids of its events in this page, in order.
    pub results: Vec<String>,
}
