//! Lists of members, and of the rooms of a member.

use diesel::prelude::*;

use crate::{
    Conn, Result,
    rooms::{MemberRow, Membership},
    schema::{memberships, rooms, state_deltas},
};

/// The Matrix ids of the rooms in which a user is joined.
pub fn joined_room_ids(conn: &mut Conn, user_id: &str) -> Result<Vec<String>> {
    Ok(memberships::table
        .inner_join(rooms::table.on(rooms::nid.eq(memberships::room)))
        .filter(memberships::user_id.eq(user_id))
        .filter(memberships::membership.eq(Membership::Join as i16))
        .select(rooms::room_id)
        .load(conn)?)
}

/// Where one user stands in many rooms.
pub fn standings(conn: &mut Conn, user_id: &str, rooms: &[i64]) -> Result<Vec<MemberRow>> {
    Ok(memberships::table
        .filter(memberships::room.eq_any(rooms))
        .filter(memberships::user_id.eq(user_id))
        .select(MemberRow::as_select())
        .load(conn)?)
}

/// Which of these rooms, by their Matrix ids, a user is joined to.
pub fn joined_among(conn: &mut Conn, user_id: &str, room_ids: &[String]) -> Result<Vec<String>> {
    Ok(memberships::table
        .inner_join(rooms::table.on(rooms::nid.eq(memberships::room)))
        .filter(rooms::room_id.eq_any(room_ids))
        .filter(memberships::user_id.eq(user_id))
        .filter(memberships::membership.eq(Membership::Join as i16))
        .select(rooms::room_id)
        .load(conn)?)
}

/// A joined member and their profile in the room.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub struct JoinedProfile {
    /// The member.
    pub user_id: String,
    /// Their name in the room.
    pub display_name: Option<String>,
    /// Their picture in the room.
    pub avatar_url: Option<String>,
}

/// The joined members of a room with their profiles in it.
pub fn joined_profiles(conn: &mut Conn, room: i64) -> Result<Vec<JoinedProfile>> {
    Ok(memberships::table
        .filter(memberships::room.eq(room))
        .filter(memberships::membership.eq(Membership::Join as i16))
        .select((memberships::user_id, memberships::display_name, memberships::avatar_url))
        .load(conn)?)
}

/// Those who have been joined for longest: at most `limit` of them.
pub fn longest_joined(conn: &mut Conn, room: i64, limit: i64) -> Result<Vec<String>> {
    Ok(memberships::table
        .filter(memberships::room.eq(room))
        .filter(memberships::membership.eq(Membership::Join as i16))
        .order(memberships::position.asc())
        .limit(limit)
        .select(memberships::user_id)
        .load(conn)?)
}

/// Which of these users are joined to a room.
pub fn joined_of(conn: &mut Conn, room: i64, users: &[String]) -> Result<Vec<String>> {
    Ok(memberships::table
        .filter(memberships::room.eq(room))
        .filter(memberships::user_id.eq_any(users))
        .filter(memberships::membership.eq(Membership::Join as i16))
        .select(memberships::user_id)
        .load(conn)?)
}

/// Which of these users are joined to any room at all.
pub fn joined_anywhere(conn: &mut Conn, users: &[String]) -> Result<Vec<String>> {
    Ok(memberships::table
        .filter(memberships::user_id.eq_any(users))
        .filter(memberships::membership.eq(Membership::Join as i16))
        .select(memberships::user_id)
        .distinct()
        .load(conn)?)
}

/// (member, number of the membership event) of those who stand in one of these ways.
pub fn member_event_nids(conn: &mut Conn, room: i64, only: &[Membership]) -> Result<Vec<(String, i64)>> {
    let only: Vec<i16> = only.iter().map(|membership| *membership as i16).collect();
    Ok(memberships::table
        .filter(memberships::room.eq(room))
        .filter(memberships::membership.eq_any(only))
        .select((memberships::user_id, memberships::event))
        .load(conn)?)
}

/// How memberships in the current state have changed since a position, oldest first: (member, number of the event that
/// was replaced).
pub fn member_changes_since(conn: &mut Conn, room: i64, position: i64) -> Result<Vec<(String, Option<i64>)>> {
    Ok(state_deltas::table
        .filter(state_deltas::room.eq(room))
        .filter(state_deltas::position.gt(position))
        .filter(state_deltas::event_type.eq("m.room.member"))
        .order(state_deltas::position.asc())
        .select((state_deltas::state_key, state_deltas::replaced))
        .load(conn)?)
}
