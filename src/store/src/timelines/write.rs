//! Writes what follows from events for timelines.

use std::collections::{HashMap, HashSet};

use diesel::prelude::*;
use serde_json::Value;
use vocabulary::names::{PROFILE_ROOM_TYPE, PROFILE_USER_ID};

use crate::{
    Conn, Result,
    connection::{ROWS_PER_INSERT, both, insert_all},
    rooms::{Append, Appended, EventFlags, EventRow},
    schema::{events, timeline_events, timeline_rooms},
};

const MESSAGES: [&str; 2] = ["m.room.message", "m.room.encrypted"];

/// Inserts what these appends mean for timelines; their events are written already.
pub(crate) fn insert(conn: &mut Conn, fresh: &[(&Append, Appended)]) -> Result<()> {
    let made: Vec<(i64, String)> = fresh.iter().filter_map(|(append, _)| made(append)).collect();
    let rows: Vec<_> = made
        .iter()
        .map(|(room, owner)| {
            (timeline_rooms::room.eq(*room), timeline_rooms::owner.eq(owner), timeline_rooms::named.eq(false))
        })
        .collect();
    for rows in rows.chunks(ROWS_PER_INSERT) {
        both!(conn, c => diesel::insert_into(timeline_rooms::table).values(rows).on_conflict_do_nothing().execute(c))?;
    }
    let owners = owners(conn, fresh)?;
    if owners.is_empty() {
        return Ok(());
    }
    for (append, _) in fresh {
        if let Some(owner) = owners.get(&append.room.nid) {
            name(conn, append, owner)?;
        }
    }
    let said: Vec<_> = fresh
        .iter()
        .filter_map(|(append, appended)| Some(said(append, appended, owners.get(&append.room.nid)?)))
        .flatten()
        .collect();
    let said: Vec<_> = said
        .into_iter()
        .map(|(room, position, event)| {
            (timeline_events::room.eq(room), timeline_events::position.eq(position), timeline_events::event.eq(event))
        })
        .collect();
    insert_all!(conn, timeline_events::table, said);
    Ok(())
}

/// Takes a redacted event out.
pub(crate) fn forget(conn: &mut Conn, event: i64) -> Result<()> {
    diesel::delete(timeline_events::table.filter(timeline_events::event.eq(event))).execute(conn)?;
    Ok(())
}

/// The room, if its create event is among the events and says that it is a timeline, and who made it.
fn made(append: &Append) -> Option<(i64, String)> {
    let create = append.events.iter().find(|event| event.event_type == "m.room.create")?;
    let content: Value = serde_json::from_str::<Value>(&create.json).ok()?.get("content")?.clone();
    (content.get("type")?.as_str()? == PROFILE_ROOM_TYPE).then(|| (append.room.nid, create.sender.clone()))
}

/// The owners of those rooms that are timelines.
fn owners(conn: &mut Conn, fresh: &[(&Append, Appended)]) -> Result<HashMap<i64, String>> {
    let rooms: HashSet<i64> = fresh.iter().map(|(append, _)| append.room.nid).collect();
    let query = timeline_rooms::table.filter(timeline_rooms::room.eq_any(rooms));
    Ok(query.select((timeline_rooms::room, timeline_rooms::owner)).load(conn)?.into_iter().collect())
}

/// Notes whether the room names its owner, if that has changed.
fn name(conn: &mut Conn, append: &Append, owner: &str) -> Result<()> {
    let changed =
        |change: &&crate::rooms::StateChange| change.event_type == PROFILE_USER_ID && change.state_key.is_empty();
    let Some(change) = append.changes.iter().rfind(changed) else { return Ok(()) };
    let json: Option<String> = match change.event {
        Some(nid) => events::table.find(nid).select(events::json).get_result(conn).optional()?,
        None => None,
    };
    let told = json.and_then(|json| serde_json::from_str::<Value>(&json).ok());
    let named =
        told.as_ref().and_then(|event| event.pointer("/content/user_id")).and_then(Value::as_str) == Some(owner);
    let row = timeline_rooms::table.find(append.room.nid);
    diesel::update(row).set(timeline_rooms::named.eq(named)).execute(conn)?;
    Ok(())
}

/// What the owner says in these events, that is new: (room, position, event).
fn said(append: &Append, appended: &Appended, owner: &str) -> Vec<(i64, i64, i64)> {
    let related: HashSet<usize> = append.relations.iter().map(|relation| relation.at).collect();
    let is_said = |at: usize, event: &EventRow| {
        event.sender == owner
            && event.state_key.is_none()
            && MESSAGES.contains(&event.event_type.as_str())
            && event.redacted_by.is_none()
            && EventFlags(event.flags).is_visible()
            && !related.contains(&at)
            && !event.json.contains("\"m.relates_to\"")
    };
    let events = append.events.iter().zip(&appended.positions).enumerate();
    let said = events.filter(|(at, (event, position))| **position > 0 && is_said(*at, event));
    said.map(|(_, (event, position))| (append.room.nid, *position, event.nid)).collect()
}
