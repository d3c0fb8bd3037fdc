//! Where the history of rooms is missing.

use std::collections::HashMap;

use diesel::{dsl::exists, prelude::*};

use super::append::{Append, Appended};
use crate::{
    Conn, Result,
    connection::{ROWS_PER_INSERT, at_most, both},
    schema::{events, room_gaps},
};

/// Whether a room lacks any of its history.
pub fn has_gaps(conn: &mut Conn, room: i64) -> Result<bool> {
    let any = room_gaps::table.filter(room_gaps::room.eq(room));
    Ok(diesel::select(exists(any)).get_result(conn)?)
}

/// The numbers of the events that come after one that is missing.
pub fn events_after(conn: &mut Conn, room: i64, missing: &str) -> Result<Vec<i64>> {
    let named = room_gaps::table.filter(room_gaps::room.eq(room)).filter(room_gaps::missing.eq(missing));
    Ok(named.select(room_gaps::event).load(conn)?)
}

/// The deepest events, not beyond a depth, of which previous events are missing: (event id, depth, ids of what is missing),
/// the deepest first. Of those of one depth the oldest come first: anybody in the room can add more to them.
pub fn gaps(conn: &mut Conn, room: i64, upto_depth: i64, limit: i64) -> Result<Vec<(String, i64, Vec<String>)>> {
    let ordered = room_gaps::table
        .inner_join(events::table.on(events::nid.eq(room_gaps::event)))
        .filter(room_gaps::room.eq(room))
        .filter(events::depth.le(upto_depth))
        .select((events::nid, events::event_id, events::depth))
        .distinct()
        .order((events::depth.desc(), events::nid.asc()));
    let deepest: Vec<(i64, String, i64)> = at_most!(conn, limit, ordered)?;
    // As it is of most rooms, whenever somebody reads back.
    if deepest.is_empty() {
        return Ok(Vec::new());
    }
    let nids: Vec<i64> = deepest.iter().map(|(nid, ..)| *nid).collect();
    let of_events = room_gaps::table.filter(room_gaps::room.eq(room)).filter(room_gaps::event.eq_any(nids));
    let mut missing: HashMap<i64, Vec<String>> = HashMap::new();
    for (event, id) in of_events.select((room_gaps::event, room_gaps::missing)).load::<(i64, String)>(conn)? {
        missing.entry(event).or_default().push(id);
    }
    let gap = |(nid, event_id, depth)| (event_id, depth, missing.remove(&nid).unwrap_or_default());
    Ok(deepest.into_iter().map(gap).collect())
}

/// Writes what appends say of gaps.
pub(super) fn write(conn: &mut Conn, fresh: &[(&Append, Appended)]) -> Result<()> {
    for (append, _) in fresh {
        let room = append.room.nid;
        let rows: Vec<_> = append
            .gaps
            .iter()
            .map(|(missing, event)| {
                (room_gaps::room.eq(room), room_gaps::missing.eq(missing), room_gaps::event.eq(event))
            })
            .collect();
        for rows in rows.chunks(ROWS_PER_INSERT) {
            both!(conn, c => diesel::insert_into(room_gaps::table).values(rows).on_conflict_do_nothing().execute(c))?;
        }
        for ids in append.filled.chunks(ROWS_PER_INSERT) {
            let filled = room_gaps::table.filter(room_gaps::room.eq(room)).filter(room_gaps::missing.eq_any(ids));
            diesel::delete(filled).execute(conn)?;
        }
    }
    Ok(())
}
