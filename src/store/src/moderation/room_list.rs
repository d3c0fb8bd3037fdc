//! All rooms, for those who run the server.

use diesel::{
    dsl::{exists, not},
    prelude::*,
};

use crate::{
    Conn, Result,
    rooms::{Membership, ending::ends_with},
    schema::{memberships, rooms},
};

/// A room in a list.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub struct ListedRoom {
    /// Its number.
    pub nid: i64,
    /// The Matrix room id.
    pub room_id: String,
    /// The room version.
    pub version: String,
    /// How many members are joined.
    pub joined: i64,
    /// Whether this server's directory lists it.
    pub published: bool,
}

/// Rooms with numbers above `after`, at most `limit`.
pub fn list_rooms(conn: &mut Conn, after: i64, limit: i64) -> Result<Vec<ListedRoom>> {
    let query = rooms::table.filter(rooms::nid.gt(after)).order(rooms::nid.asc()).limit(limit);
    Ok(query.select((rooms::nid, rooms::room_id, rooms::version, rooms::joined, rooms::published)).load(conn)?)
}

/// Rooms with numbers above `after` that every user with an id of this ending has left and forgotten, or was never in, and
/// the last one of the page that was looked at.
pub fn forgotten_rooms(
    conn: &mut Conn,
    ending: &str,
    after: i64,
    limit: i64,
) -> Result<(Vec<ListedRoom>, Option<i64>)> {
    let page: Vec<i64> =
        rooms::table.filter(rooms::nid.gt(after)).order(rooms::nid.asc()).limit(limit).select(rooms::nid).load(conn)?;
    let Some(last) = page.last().copied() else { return Ok((Vec::new(), None)) };
    let gone = [Membership::Leave as i16, Membership::Ban as i16];
    let ours = memberships::table
        .filter(memberships::room.eq(rooms::nid))
        .filter(ends_with!(memberships::user_id, ending.to_owned()));
    let there = ours.filter(not(memberships::forgotten.and(memberships::membership.eq_any(gone))));
    let query = rooms::table.filter(rooms::nid.eq_any(page)).filter(not(exists(there))).select((
        rooms::nid,
        rooms::room_id,
        rooms::version,
        rooms::joined,
        rooms::published,
    ));
    Ok((query.load(conn)?, Some(last)))
}
