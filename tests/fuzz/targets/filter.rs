//! Filters of `/sync` and of the other endpoints. The input is a filter, and below it an event.
#![no_main]

use std::sync::Arc;

use events::{Pdu, canonical};
use libfuzzer_sys::fuzz_target;
use peerbrain_fuzz::{glob, json, lines};
use rooms::read::EventFilter;
use ruma::{CanonicalJsonValue, EventId, api::client::filter::FilterDefinition, room_version_rules::RoomVersionRules};
use serde_json::Value;
use store::rooms::{EventCounts, EventRow, StoredEvent};
use sync::fuzzing::SyncFilter;

const RULES: &RoomVersionRules = &RoomVersionRules::V11;
/// Timelines are no longer than this.
const MOST: usize = 100;

fuzz_target!(|data: &[u8]| {
    let Some([filter, event]) = lines(data) else { return };
    let Ok(definition) = serde_json::from_str::<FilterDefinition>(filter) else { return };
    let ready = SyncFilter::new(&definition, MOST);
    assert!(ready.limit() <= MOST);
    assert!(ready.bytes() <= 8_192 + 160 * filter.len(), "{} bytes of {}", ready.bytes(), filter.len());
    let Some(pdu) = pdu(event) else { return };
    let row = row(&pdu);
    let stored = StoredEvent { position: 1, row: Arc::new(row.clone()) };
    let in_sync = ready.allows(pdu.room_id().as_str(), &stored, RULES).expect("what is stored can be shown");
    let timeline = &definition.room.timeline;
    let elsewhere = EventFilter::new(timeline, pdu.room_id());
    assert_eq!(in_sync, elsewhere.allows(&row), "one filter, two answers");
    assert!(!in_sync || !elsewhere.allows_nothing());
    let chars = |text: &str| text.chars().collect::<Vec<char>>();
    for pattern in timeline.types.iter().flatten().chain(&timeline.not_types).take(20) {
        let naive = glob::matches(&chars(pattern), &chars(&row.event_type), false);
        assert_eq!(sync::fuzzing::glob(pattern, &row.event_type), naive, "{pattern:?} {:?}", row.event_type);
    }
    if let (Some(paths), Some(picked)) = (&definition.event_fields, ready.fields(pdu.json())) {
        let value = CanonicalJsonValue::Object(canonical::object(pdu.json()).expect("it was read"));
        let odd = paths.len() > 50 || paths.iter().any(|path| path.contains(['\n', '\r']));
        if !odd && !json::has_private_key(&value) {
            fields(paths, pdu.json(), &picked, &ready);
        }
    }
});

/// All that is wanted is there, as it was, and nothing else.
fn fields(paths: &[String], event: &str, picked: &str, ready: &SyncFilter) {
    let read = |text: &str| serde_json::from_str::<Value>(text).expect("it is JSON");
    let (event, result) = (read(event), read(picked));
    let paths: Vec<Vec<String>> = paths.iter().map(|path| json::path(path)).collect();
    for path in &paths {
        assert_eq!(json::at(&result, path), json::at(&event, path), "{path:?}");
    }
    wanted(&mut Vec::new(), &result, &paths);
    assert_eq!(read(&ready.fields(picked).expect("the same filter")), result);
}

fn wanted(place: &mut Vec<String>, value: &Value, paths: &[Vec<String>]) {
    if paths.iter().any(|path| place.starts_with(path)) {
        return;
    }
    let inner = value.as_object().filter(|object| place.is_empty() || !object.is_empty());
    for (name, value) in inner.unwrap_or_else(|| panic!("nobody wanted {place:?}")) {
        place.push(name.clone());
        wanted(place, value, paths);
        place.pop();
    }
}

/// An event as it is stored.
fn pdu(event: &str) -> Option<Pdu> {
    let event = canonical::object(event).ok()?;
    event.get("content")?.as_object()?;
    Pdu::from_stored(canonical::text(&event).ok()?, EventId::parse("$e").ok()?, RULES, false).ok()
}

fn row(pdu: &Pdu) -> EventRow {
    EventRow {
        nid: 1,
        room: 1,
        depth: 1,
        origin_server_ts: 1,
        event_id: pdu.event_id().to_string(),
        event_type: pdu.event_type().to_string(),
        sender: pdu.sender().to_string(),
        state_key: pdu.state_key().map(str::to_owned),
        replaces: None,
        state_before: 0,
        state_after: 0,
        flags: 0,
        redacted_by: None,
        device_id: None,
        txn_id: None,
        json: pdu.json().to_owned(),
        counted: EventCounts::default(),
    }
}
