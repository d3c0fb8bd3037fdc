//! Parts of states: keys to ask the trie for, and the children of spaces.

use diesel::prelude::*;

use crate::{
    Conn, Result,
    rooms::{EventRow, StoredEvent},
    schema::{current_state, events, state_keys},
};

diesel::allow_tables_to_appear_in_same_query!(current_state, state_keys);

/// Children that are looked at of all the spaces of one query.
const MOST_CHILDREN: i64 = 20_000;

/// The numbers of all keys of a room's current state but those of members.
pub fn keys_without_members(conn: &mut Conn, room: i64) -> Result<Vec<i64>> {
    let keys = current_state::table
        .inner_join(
            state_keys::table.on(state_keys::event_type
                .eq(current_state::event_type)
                .and(state_keys::state_key.eq(current_state::state_key))),
        )
        .filter(current_state::room.eq(room))
        .select(state_keys::nid);
    // Two ranges, so that the members of a large room are not even stepped over.
    let mut nids: Vec<i64> = keys.filter(current_state::event_type.lt("m.room.member")).load(conn)?;
    nids.extend(keys.filter(current_state::event_type.gt("m.room.member")).load::<i64>(conn)?);
    Ok(nids)
}

/// The numbers of the keys of one type and these state keys, as far as there are any.
pub fn state_key_nids(conn: &mut Conn, event_type: &str, keys: &[&str]) -> Result<Vec<i64>> {
    let mut found = Vec::with_capacity(keys.len());
    for keys in keys.chunks(10_000) {
        let query = state_keys::table
            .filter(state_keys::event_type.eq(event_type))
            .filter(state_keys::state_key.eq_any(keys))
            .select(state_keys::nid);
        found.extend(query.load::<i64>(conn)?);
    }
    Ok(found)
}

/// The `m.space.child` events in the current state of a room.
pub fn space_children(conn: &mut Conn, room: i64) -> Result<Vec<StoredEvent>> {
    let rows: Vec<(i64, EventRow)> = current_state::table
        .inner_join(events::table.on(events::nid.eq(current_state::event)))
        .filter(current_state::room.eq(room))
        .filter(current_state::event_type.eq("m.space.child"))
        .limit(MOST_CHILDREN)
        .select((events::position, EventRow::as_select()))
        .load(conn)?;
    Ok(rows.into_iter().map(StoredEvent::from).collect())
}
