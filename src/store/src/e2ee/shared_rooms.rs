//! Who shares rooms with whom, now and a while ago.

use diesel::prelude::*;

use crate::{
    Conn, Result,
    connection::ROWS_PER_INSERT,
    rooms::Membership,
    schema::{memberships, state_deltas},
    sync::DeltaRow,
};

/// The rooms that these users are joined to: (user, room).
pub fn joined_rooms_of(conn: &mut Conn, users: &[String]) -> Result<Vec<(String, i64)>> {
    let mut found = Vec::new();
    for users in users.chunks(ROWS_PER_INSERT) {
        let query = memberships::table
            .filter(memberships::user_id.eq_any(users))
            .filter(memberships::membership.eq(Membership::Join as i16));
        found.extend(query.select((memberships::user_id, memberships::room)).load::<(String, i64)>(conn)?);
    }
    Ok(found)
}

/// Who is joined to a room.
pub fn joined_users_of(conn: &mut Conn, room: i64) -> Result<Vec<String>> {
    let query = memberships::table
        .filter(memberships::room.eq(room))
        .filter(memberships::membership.eq(Membership::Join as i16));
    Ok(query.select(memberships::user_id).load(conn)?)
}

/// How memberships changed in these rooms after `since` and up to `upto`, in the order of positions.
pub fn member_deltas(conn: &mut Conn, rooms: &[i64], since: i64, upto: i64) -> Result<Vec<DeltaRow>> {
    Ok(state_deltas::table
        .filter(state_deltas::room.eq_any(rooms))
        .filter(state_deltas::position.gt(since))
        .filter(state_deltas::position.le(upto))
        .filter(state_deltas::event_type.eq("m.room.member"))
        .order(state_deltas::position.asc())
        .select(DeltaRow::as_select())
        .load(conn)?)
}
