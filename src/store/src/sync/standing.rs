//! The rooms that concern a user.

use diesel::prelude::*;

use crate::{
    Conn, Result,
    rooms::{MemberRow, Membership, RoomRow},
    schema::{memberships, rooms},
};

/// The rooms in which a user stands in one of these ways, forgotten ones left out.
pub fn standing(conn: &mut Conn, user_id: &str, only: &[Membership]) -> Result<Vec<(MemberRow, RoomRow)>> {
    let only: Vec<i16> = only.iter().map(|membership| *membership as i16).collect();
    Ok(memberships::table
        .inner_join(rooms::table.on(rooms::nid.eq(memberships::room)))
        .filter(memberships::user_id.eq(user_id))
        .filter(memberships::membership.eq_any(only))
        .filter(memberships::forgotten.eq(false))
        .select((MemberRow::as_select(), RoomRow::as_select()))
        .load(conn)?)
}

/// The rooms in which something happened after a position that concerns the user: the user's own membership changed,
/// or there are new events and the user is joined.
pub fn changed_rooms(conn: &mut Conn, user_id: &str, since: i64) -> Result<Vec<(MemberRow, RoomRow)>> {
    let joined = memberships::membership.eq(Membership::Join as i16);
    Ok(memberships::table
        .inner_join(rooms::table.on(rooms::nid.eq(memberships::room)))
        .filter(memberships::user_id.eq(user_id))
        .filter(memberships::position.gt(since).or(joined.and(rooms::last_position.gt(since))))
        .select((MemberRow::as_select(), RoomRow::as_select()))
        .load(conn)?)
}

/// The same where it is known that nothing happened in any room but these.
pub fn changed_rooms_among(
    conn: &mut Conn,
    user_id: &str,
    since: i64,
    among: &[i64],
) -> Result<Vec<(MemberRow, RoomRow)>> {
    let joined = memberships::membership.eq(Membership::Join as i16);
    let query = memberships::table
        .inner_join(rooms::table.on(rooms::nid.eq(memberships::room)))
        .filter(memberships::user_id.eq(user_id))
        .filter(memberships::position.gt(since).or(joined.and(rooms::last_position.gt(since))))
        .select((MemberRow::as_select(), RoomRow::as_select()));
    // Of a list SQLite makes a new statement each time, and most often it is one room.
    match among {
        [room] => Ok(query.filter(memberships::room.eq(*room)).load(conn)?),
        _ => Ok(query.filter(memberships::room.eq_any(among)).load(conn)?),
    }
}

/// How the user stands in these rooms.
pub fn standing_in(conn: &mut Conn, user_id: &str, among: &[i64]) -> Result<Vec<(MemberRow, RoomRow)>> {
    Ok(memberships::table
        .inner_join(rooms::table.on(rooms::nid.eq(memberships::room)))
        .filter(memberships::room.eq_any(among))
        .filter(memberships::user_id.eq(user_id))
        .select((MemberRow::as_select(), RoomRow::as_select()))
        .load(conn)?)
}
