//! The current state of rooms.

use diesel::prelude::*;

use crate::{
    Conn, Result,
    rooms::{EventRow, StoredEvent},
    schema::{current_state, events},
};

/// The whole current state of a room: (type, state key, event number).
pub fn current_state(conn: &mut Conn, room: i64) -> Result<Vec<(String, String, i64)>> {
    Ok(current_state::table
        .filter(current_state::room.eq(room))
        .select((current_state::event_type, current_state::state_key, current_state::event))
        .load(conn)?)
}

/// The numbers of the events that hold the keys of the current state whose state key is empty.
pub fn current_state_without_key(conn: &mut Conn, room: i64) -> Result<Vec<i64>> {
    let keyless = current_state::table.filter(current_state::room.eq(room)).filter(current_state::state_key.eq(""));
    // Two ranges, so that the members of a large room are not even stepped over.
    let keyless = keyless.select(current_state::event);
    let mut nids: Vec<i64> = keyless.filter(current_state::event_type.lt("m.room.member")).load(conn)?;
    nids.extend(keyless.filter(current_state::event_type.gt("m.room.member")).load::<i64>(conn)?);
    Ok(nids)
}

/// The number of the event that holds a key of the current state.
pub fn current_event_nid(conn: &mut Conn, room: i64, event_type: &str, state_key: &str) -> Result<Option<i64>> {
    let held = current_state::table.find((room, event_type, state_key)).select(current_state::event);
    Ok(held.get_result(conn).optional()?)
}

/// The event that holds a key of the current state.
pub fn current_event(conn: &mut Conn, room: i64, event_type: &str, state_key: &str) -> Result<Option<StoredEvent>> {
    let row: Option<(i64, EventRow)> = current_state::table
        .inner_join(events::table.on(events::nid.eq(current_state::event)))
        .filter(current_state::room.eq(room))
        .filter(current_state::event_type.eq(event_type))
        .filter(current_state::state_key.eq(state_key))
        .select((events::position, EventRow::as_select()))
        .get_result(conn)
        .optional()?;
    Ok(row.map(StoredEvent::from))
}

/// The events that hold these types with an empty state key, in many rooms at once.
pub fn current_events(conn: &mut Conn, rooms: &[i64], event_types: &[&str]) -> Result<Vec<StoredEvent>> {
    let rows: Vec<(i64, EventRow)> = current_state::table
        .inner_join(events::table.on(events::nid.eq(current_state::event)))
        .filter(current_state::room.eq_any(rooms))
        .filter(current_state::event_type.eq_any(event_types))
        .filter(current_state::state_key.eq(""))
        .select((events::position, EventRow::as_select()))
        .load(conn)?;
    Ok(rows.into_iter().map(StoredEvent::from).collect())
}
