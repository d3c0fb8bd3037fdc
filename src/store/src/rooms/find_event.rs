//! Looks events up.

use diesel::prelude::*;

use crate::{
    Conn, Result,
    rooms::{EventFlags, EventRow, StoredEvent},
    schema::events,
};

/// How many binds a list in one query may have; longer lists are split.
const LIST: usize = 10_000;

/// The event of this Matrix id in this room.
pub fn event_by_id(conn: &mut Conn, room: i64, event_id: &str) -> Result<Option<StoredEvent>> {
    let row: Option<(i64, EventRow)> = events::table
        .filter(events::room.eq(room))
        .filter(events::event_id.eq(event_id))
        .select((events::position, EventRow::as_select()))
        .get_result(conn)
        .optional()?;
    Ok(row.map(StoredEvent::from))
}

/// The numbers of the events of these Matrix ids in this room, as far as they are here.
pub fn event_nids(conn: &mut Conn, room: i64, event_ids: &[String]) -> Result<Vec<(String, i64)>> {
    let mut found = Vec::new();
    for ids in event_ids.chunks(LIST) {
        let query = events::table.filter(events::room.eq(room)).filter(events::event_id.eq_any(ids));
        found.extend(query.select((events::event_id, events::nid)).load::<(String, i64)>(conn)?);
    }
    Ok(found)
}

/// The flags of the events of these Matrix ids in this room, as far as they are here.
pub fn event_flags(conn: &mut Conn, room: i64, event_ids: &[String]) -> Result<Vec<(String, EventFlags)>> {
    let mut found = Vec::new();
    for ids in event_ids.chunks(LIST) {
        let query = events::table.filter(events::room.eq(room)).filter(events::event_id.eq_any(ids));
        let rows = query.select((events::event_id, events::flags)).load::<(String, i16)>(conn)?;
        found.extend(rows.into_iter().map(|(id, flags)| (id, EventFlags(flags))));
    }
    Ok(found)
}

/// Of which of these types, with an empty state key, there is an event among those of these Matrix ids in this room.
pub fn types_among(conn: &mut Conn, room: i64, event_ids: &[String], types: &[&str]) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for ids in event_ids.chunks(LIST) {
        let among = events::table.filter(events::room.eq(room)).filter(events::event_id.eq_any(ids));
        let of_types = among.filter(events::event_type.eq_any(types.to_vec())).filter(events::state_key.eq(""));
        found.extend(of_types.select(events::event_type).distinct().load::<String>(conn)?);
    }
    Ok(found)
}

/// The events of this Matrix id in any room. There is one, if any: the id is a hash of what names the room.
pub fn events_of_id(conn: &mut Conn, event_id: &str) -> Result<Vec<StoredEvent>> {
    let query = events::table.filter(events::event_id.eq(event_id));
    let rows: Vec<(i64, EventRow)> = query.select((events::position, EventRow::as_select())).load(conn)?;
    Ok(rows.into_iter().map(StoredEvent::from).collect())
}

/// The Matrix ids of the events of these numbers, in no order.
pub fn event_ids(conn: &mut Conn, nids: &[i64]) -> Result<Vec<String>> {
    let mut found = Vec::with_capacity(nids.len());
    for nids in nids.chunks(LIST) {
        found.extend(events::table.filter(events::nid.eq_any(nids)).select(events::event_id).load::<String>(conn)?);
    }
    Ok(found)
}

/// The events of these numbers, in no order.
pub fn events_by_nid(conn: &mut Conn, nids: &[i64]) -> Result<Vec<StoredEvent>> {
    let mut found = Vec::with_capacity(nids.len());
    for nids in nids.chunks(LIST) {
        let query = events::table.filter(events::nid.eq_any(nids));
        let rows = query.select((events::position, EventRow::as_select())).load::<(i64, EventRow)>(conn)?;
        found.extend(rows.into_iter().map(StoredEvent::from));
    }
    Ok(found)
}

/// The events that this device has sent with this transaction id, whatever the path, newest first.
pub fn events_by_txn(conn: &mut Conn, sender: &str, device_id: &str, txn_id: &str) -> Result<Vec<StoredEvent>> {
    let rows: Vec<(i64, EventRow)> = events::table
        .filter(events::sender.eq(sender))
        .filter(events::txn_id.eq(txn_id))
        .filter(events::device_id.eq(device_id))
        .order(events::nid.desc())
        .select((events::position, EventRow::as_select()))
        .load(conn)?;
    Ok(rows.into_iter().map(StoredEvent::from).collect())
}
