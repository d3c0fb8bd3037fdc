//! The texts of events that are searched.

use rooms::is_for_clients;
use serde_json::Value;
use store::{
    Conn,
    relations::{Bundled, Parent, newest_children},
    rooms::{EventFlags, EventRow, event_by_id, events_by_nid},
    search::{Field, SearchRow},
};

use crate::words::words;

/// The text of an event by itself, and the field it is of; none where it has none that is searched.
pub(crate) fn own_text(event: &EventRow) -> Option<(Field, String)> {
    let content = content(event)?;
    let text = |field: &str| content.get(field).and_then(Value::as_str);
    match (&*event.event_type, event.state_key.as_deref()) {
        ("m.room.message", None) => Some((Field::Body, text("body")?.to_owned())),
        ("m.room.name", Some("")) => Some((Field::Name, text("name")?.to_owned())),
        ("m.room.topic", Some("")) => {
            let (short, plain) = (text("topic"), plain_topic(&content));
            let plain = plain.filter(|plain| Some(*plain) != short);
            let both: Vec<&str> = short.into_iter().chain(plain).collect();
            Some((Field::Topic, both.join("\n")))
        }
        _ => None,
    }
}

/// The row of an event for the index; of an edit the row of what it edits. `None` where there is nothing to be found.
pub(super) fn search_row(conn: &mut Conn, event: &EventRow) -> store::Result<Option<SearchRow>> {
    if !is_for_clients(event) {
        return Ok(None);
    }
    let Some(edited) = edited(event) else { return row(conn, event) };
    // What it edits may not be here, or be an edit itself.
    match event_by_id(conn, event.room, &edited)? {
        Some(target) if is_for_clients(&target) && target.redacted_by.is_none() => row(conn, &target),
        _ => Ok(None),
    }
}

/// The row of an event that is no edit: with the words of its newest edit, if it has one.
fn row(conn: &mut Conn, event: &EventRow) -> store::Result<Option<SearchRow>> {
    let Some((field, own)) = own_text(event).filter(|_| edited(event).is_none()) else { return Ok(None) };
    let (source, text) = newest_edit(conn, event)?.unwrap_or((event.nid, own));
    let words = words(&text);
    Ok((!words.is_empty()).then_some(SearchRow { event: event.nid, source, room: event.room, field, words }))
}

/// The newest edit of an event (client-server §event-replacements), and its text.
fn newest_edit(conn: &mut Conn, event: &EventRow) -> store::Result<Option<(i64, String)>> {
    if !EventFlags(event.flags).has(EventFlags::EDITED) {
        return Ok(None);
    }
    let parent = Parent { nid: event.nid, upto: i64::MAX };
    let Some((_, nid)) = newest_children(conn, &[parent], Bundled::Edits, &[], 1)?.pop() else { return Ok(None) };
    let edits = events_by_nid(conn, &[nid])?;
    let edit = edits.iter().find(|edit| edit.redacted_by.is_none()).and_then(|edit| content(edit));
    let new = edit.as_ref().and_then(|content| content.get("m.new_content"));
    let text = new.and_then(|new| new.get("body")).and_then(Value::as_str);
    Ok(text.map(|text| (nid, text.to_owned())))
}

/// Of an edit: the event that it changes.
fn edited(event: &EventRow) -> Option<String> {
    // Most events are none, and need not be read for that.
    if event.state_key.is_some() || !event.json.contains("m.replace") {
        return None;
    }
    let content = content(event)?;
    let relation = content.get("m.relates_to")?;
    (relation.get("rel_type")? == "m.replace").then_some(())?;
    Some(relation.get("event_id")?.as_str()?.to_owned())
}

fn content(event: &EventRow) -> Option<Value> {
    let mut event: Value = serde_json::from_str(&event.json).ok()?;
    event.get_mut("content").map(Value::take)
}

/// The `text/plain` of an `m.topic`.
fn plain_topic(content: &Value) -> Option<&str> {
    let texts = content.get("m.topic")?.get("m.text")?.as_array()?;
    let plain = |text: &&Value| {
        text.get("mimetype").is_none_or(|kind| kind.as_str().is_some_and(|kind| kind.starts_with("text/plain")))
    };
    texts.iter().find(plain)?.get("body")?.as_str()
}
