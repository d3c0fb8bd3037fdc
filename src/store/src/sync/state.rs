//! The current state of many rooms, without the members, who may be many.

use diesel::prelude::*;

use crate::{Conn, Result, schema::current_state};

const MEMBER: &str = "m.room.member";

/// The current state without the members: (room, type, state key, event number).
pub fn basic_state(conn: &mut Conn, rooms: &[i64]) -> Result<Vec<(i64, String, String, i64)>> {
    // Two ranges of the primary key around the members, who are not even looked at.
    let columns = (current_state::room, current_state::event_type, current_state::state_key, current_state::event);
    let of_rooms = current_state::table.filter(current_state::room.eq_any(rooms)).select(columns);
    let mut rows =
        of_rooms.clone().filter(current_state::event_type.lt(MEMBER)).load::<(i64, String, String, i64)>(conn)?;
    rows.extend(of_rooms.filter(current_state::event_type.gt(MEMBER)).load::<(i64, String, String, i64)>(conn)?);
    Ok(rows)
}
