//! Rooms that two users share.

use diesel::prelude::*;

use crate::{
    Conn, Result,
    rooms::Membership,
    schema::{memberships, rooms},
};

/// Rooms in which both users are joined, in the order of their numbers: (number, Matrix room id).
pub fn mutual_rooms(conn: &mut Conn, one: &str, other: &str) -> Result<Vec<(i64, String)>> {
    let of_other = diesel::alias!(memberships as of_other);
    let joined = Membership::Join as i16;
    let shared = of_other
        .filter(of_other.field(memberships::user_id).eq(other))
        .filter(of_other.field(memberships::membership).eq(joined))
        .select(of_other.field(memberships::room));
    Ok(memberships::table
        .inner_join(rooms::table.on(rooms::nid.eq(memberships::room)))
        .filter(memberships::user_id.eq(one))
        .filter(memberships::membership.eq(joined))
        .filter(memberships::room.eq_any(shared))
        .order(rooms::nid.asc())
        .select((rooms::nid, rooms::room_id))
        .load(conn)?)
}
