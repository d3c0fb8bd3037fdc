//! How the current state of rooms changed.

use diesel::prelude::*;

use crate::{Conn, Result, schema::state_deltas};

/// A row of `state_deltas`: one key of the current state changed.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = state_deltas)]
pub struct DeltaRow {
    /// The room's number.
    pub room: i64,
    /// The position of the event with which it happened.
    pub position: i64,
    /// The event type of the key.
    pub event_type: String,
    /// The state key.
    pub state_key: String,
    /// The event that holds the key from then on; none where state resolution took it away.
    pub event: Option<i64>,
    /// The event that held it before.
    pub replaced: Option<i64>,
}

/// What changed in these rooms after `since` and up to `upto`, in the order of positions.
pub fn deltas(conn: &mut Conn, rooms: &[i64], since: i64, upto: i64) -> Result<Vec<DeltaRow>> {
    Ok(state_deltas::table
        .filter(state_deltas::room.eq_any(rooms))
        .filter(state_deltas::position.gt(since))
        .filter(state_deltas::position.le(upto))
        .order(state_deltas::position.asc())
        .select(DeltaRow::as_select())
        .load(conn)?)
}

/// What held a key of the current state before it changed at this very position.
pub fn replaced_at(
    conn: &mut Conn,
    room: i64,
    position: i64,
    event_type: &str,
    state_key: &str,
) -> Result<Option<i64>> {
    let change = state_deltas::table.find((room, position, event_type, state_key));
    Ok(change.select(state_deltas::replaced).get_result::<Option<i64>>(conn).optional()?.flatten())
}

/// How the membership of one user changed in these rooms, in the order of positions.
pub fn own_deltas(conn: &mut Conn, rooms: &[i64], user_id: &str, since: i64, upto: i64) -> Result<Vec<DeltaRow>> {
    Ok(state_deltas::table
        .filter(state_deltas::room.eq_any(rooms))
        .filter(state_deltas::position.gt(since))
        .filter(state_deltas::position.le(upto))
        .filter(state_deltas::event_type.eq("m.room.member"))
        .filter(state_deltas::state_key.eq(user_id))
        .order(state_deltas::position.asc())
        .select(DeltaRow::as_select())
        .load(conn)?)
}
