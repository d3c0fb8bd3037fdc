//! Looks members up.

use diesel::prelude::*;

use crate::{
    Conn, Result, Tx,
    connection::both,
    rooms::{MemberRow, Membership},
    schema::memberships,
};

/// Where a user stands in a room now, if the room ever knew them.
pub fn member(conn: &mut Conn, room: i64, user_id: &str) -> Result<Option<MemberRow>> {
    let member = memberships::table.find((room, user_id));
    Ok(both!(conn, c => member.select(MemberRow::as_select()).get_result(c)).optional()?)
}

/// The members of a room who stand in one of these ways, in the order in which that came about.
pub fn members_of_room(conn: &mut Conn, room: i64, only: &[Membership]) -> Result<Vec<MemberRow>> {
    let only: Vec<i16> = only.iter().map(|membership| *membership as i16).collect();
    Ok(memberships::table
        .filter(memberships::room.eq(room))
        .filter(memberships::membership.eq_any(only))
        .order(memberships::position.asc())
        .select(MemberRow::as_select())
        .load(conn)?)
}

/// The rooms in which a user stands in one of these ways.
pub fn rooms_of_user(conn: &mut Conn, user_id: &str, only: &[Membership]) -> Result<Vec<MemberRow>> {
    let only: Vec<i16> = only.iter().map(|membership| *membership as i16).collect();
    Ok(memberships::table
        .filter(memberships::user_id.eq(user_id))
        .filter(memberships::membership.eq_any(only))
        .select(MemberRow::as_select())
        .load(conn)?)
}

/// Marks a room that the user has left as forgotten. Says whether there was anything to forget.
pub fn forget(tx: &mut Tx<'_>, room: i64, user_id: &str) -> Result<bool> {
    let gone = [Membership::Leave as i16, Membership::Ban as i16];
    let changed = diesel::update(memberships::table.find((room, user_id)))
        .filter(memberships::membership.eq_any(gone))
        .set(memberships::forgotten.eq(true))
        .execute(tx.conn())?;
    Ok(changed > 0)
}
