//! Which other servers are in a room: those of whose users any is joined.

use diesel::{
    dsl::{exists, not, select},
    prelude::*,
    sql_types::{BigInt, SmallInt, Text},
};

use crate::{
    Conn, Result,
    rooms::Membership,
    schema::{destinations, memberships, room_servers},
};

/// The end of what has not ended.
pub(super) const STILL: i64 = i64::MAX;

/// The row of a server that fails.
macro_rules! failing {
    () => {
        destinations::table
            .filter(destinations::server.eq(room_servers::server))
            .filter(destinations::retry_at.is_not_null())
    };
}

/// The rows of rooms in which a user is joined. The sum keeps SQLite from beginning with all servers of all rooms.
macro_rules! sharing {
    ($user_id:expr) => {
        memberships::table
            .inner_join(room_servers::table.on(room_servers::room.eq(memberships::room)))
            .filter(memberships::user_id.eq($user_id))
            .filter(memberships::membership.eq(Membership::Join as i16))
            .filter((room_servers::departed + 0).eq(STILL))
    };
}

#[derive(QueryableByName)]
struct Server {
    #[diesel(sql_type = Text)]
    server: String,
}

/// A row of `room_servers`: a server was in a room for a while.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = room_servers, treat_none_as_default_value = false)]
pub(super) struct RoomServerRow {
    pub room: i64,
    pub server: String,
    /// The position of the event with which it came.
    pub entered: i64,
    /// The position of the event with which it left.
    pub departed: i64,
    /// How many of its users are joined.
    pub users: i64,
}

/// The other servers that are in a room now.
pub fn servers_of(conn: &mut Conn, room: i64) -> Result<Vec<String>> {
    let query = room_servers::table.filter(room_servers::room.eq(room)).filter(room_servers::departed.eq(STILL));
    Ok(query.select(room_servers::server).load(conn)?)
}

/// The same for several rooms, without those that fail: (room, server).
pub fn reachable(conn: &mut Conn, rooms: &[i64]) -> Result<Vec<(i64, String)>> {
    let query = room_servers::table
        .filter(room_servers::room.eq_any(rooms))
        .filter(room_servers::departed.eq(STILL))
        .filter(not(exists(failing!())));
    Ok(query.select((room_servers::room, room_servers::server)).load(conn)?)
}

/// Whether another server is in a room now.
pub fn is_in_room(conn: &mut Conn, room: i64, server: &str) -> Result<bool> {
    let query = room_servers::table
        .filter(room_servers::room.eq(room))
        .filter(room_servers::server.eq(server))
        .filter(room_servers::departed.eq(STILL));
    Ok(select(exists(query)).get_result(conn)?)
}

/// Those of these rooms that another server is in now.
pub fn among(conn: &mut Conn, rooms: &[i64], server: &str) -> Result<Vec<i64>> {
    let query = room_servers::table
        .filter(room_servers::room.eq_any(rooms))
        .filter(room_servers::server.eq(server))
        .filter(room_servers::departed.eq(STILL));
    Ok(query.select(room_servers::room).load(conn)?)
}

/// Whether any other server is in a room now.
pub fn any_in_room(conn: &mut Conn, room: i64) -> Result<bool> {
    let query = room_servers::table.filter(room_servers::room.eq(room)).filter(room_servers::departed.eq(STILL));
    Ok(select(exists(query)).get_result(conn)?)
}

/// Whether another server is in any room with us now.
pub fn is_in_any_room(conn: &mut Conn, server: &str) -> Result<bool> {
    let query = room_servers::table.filter(room_servers::server.eq(server)).filter(room_servers::departed.eq(STILL));
    Ok(select(exists(query)).get_result(conn)?)
}

/// The same as [`servers_sharing`], without those that fail.
pub fn reachable_sharing(conn: &mut Conn, user_id: &str) -> Result<Vec<String>> {
    let query = sharing!(user_id).filter(not(exists(failing!())));
    Ok(query.select(room_servers::server).distinct().load(conn)?)
}

/// The other servers that are in any room in which a user is joined.
pub fn servers_sharing(conn: &mut Conn, user_id: &str) -> Result<Vec<String>> {
    Ok(sharing!(user_id).select(room_servers::server).distinct().load(conn)?)
}

/// The other servers in a room that are in no other room in which a user is joined; at most so many. SQLite goes from the
/// user's rooms, for a server may be in many more.
pub fn strangers_to(conn: &mut Conn, room: i64, user_id: &str, most: usize) -> Result<Vec<String>> {
    let query = diesel::sql_query(format!(
        "SELECT here.server AS server FROM room_servers here WHERE here.room = $1 AND here.departed = $2
         AND NOT EXISTS (SELECT 1 FROM memberships m CROSS JOIN room_servers o
             WHERE m.user_id = $3 AND m.membership = $4 AND m.room <> $1
             AND o.room = m.room AND o.server = here.server AND o.departed = $2)
         LIMIT {most}"
    ));
    let query = query.bind::<BigInt, _>(room).bind::<BigInt, _>(STILL);
    let query = query.bind::<Text, _>(user_id).bind::<SmallInt, _>(Membership::Join as i16);
    let found: Vec<Server> = query.load(conn)?;
    Ok(found.into_iter().map(|row| row.server).collect())
}
