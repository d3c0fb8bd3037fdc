//! Reads timelines.

use diesel::{
    prelude::*,
    sql_types::{BigInt, Integer},
};

use crate::{Conn, Result, schema::timeline_rooms};

/// A room that is somebody's timeline.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub struct TimelineRoom {
    /// The room's number.
    pub room: i64,
    /// Whose it is.
    pub owner: String,
}

/// Where an event of a timeline is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, QueryableByName)]
pub struct TimelineEvent {
    /// The room's number.
    #[diesel(sql_type = BigInt)]
    pub room: i64,
    /// When it arrived.
    #[diesel(sql_type = BigInt)]
    pub position: i64,
    /// The event's number.
    #[diesel(sql_type = BigInt)]
    pub event: i64,
}

/// How many rooms one query takes.
const ROOMS: usize = 1_000;

/// Those of these rooms that are timelines, whose owners they name.
pub fn timelines_among(conn: &mut Conn, rooms: &[i64]) -> Result<Vec<TimelineRoom>> {
    let mut found = Vec::new();
    for rooms in rooms.chunks(ROOMS) {
        let query = timeline_rooms::table.filter(timeline_rooms::room.eq_any(rooms)).filter(timeline_rooms::named);
        found.extend(query.select((timeline_rooms::room, timeline_rooms::owner)).load::<TimelineRoom>(conn)?);
    }
    Ok(found)
}

/// The timelines of a user, as far as they are here, by number.
pub fn timelines_of(conn: &mut Conn, owner: &str) -> Result<Vec<i64>> {
    let query = timeline_rooms::table.filter(timeline_rooms::owner.eq(owner)).filter(timeline_rooms::named);
    Ok(query.order(timeline_rooms::room.asc()).select(timeline_rooms::room).load(conn)?)
}

/// What was said in these rooms before a position, at most `count` in all, newest first.
pub fn newest_of_timelines(conn: &mut Conn, rooms: &[i64], before: i64, count: usize) -> Result<Vec<TimelineEvent>> {
    let mut found = page(conn, rooms, before, count, false)?;
    found.sort_unstable_by_key(|event| std::cmp::Reverse(event.position));
    found.truncate(count);
    Ok(found)
}

/// What was said in these rooms after a position, at most `count` in all, oldest first.
pub fn oldest_of_timelines(conn: &mut Conn, rooms: &[i64], after: i64, count: usize) -> Result<Vec<TimelineEvent>> {
    let mut found = page(conn, rooms, after, count, true)?;
    found.sort_unstable_by_key(|event| event.position);
    found.truncate(count);
    Ok(found)
}

fn page(conn: &mut Conn, rooms: &[i64], from: i64, count: usize, forward: bool) -> Result<Vec<TimelineEvent>> {
    let mut found = Vec::new();
    let count = i32::try_from(count).unwrap_or(i32::MAX);
    for rooms in rooms.chunks(ROOMS) {
        let query = diesel::sql_query(text(conn, rooms, forward)).bind::<BigInt, _>(from).bind::<Integer, _>(count);
        found.extend(query.load::<TimelineEvent>(conn)?);
    }
    Ok(found)
}

/// So many of each room: an index leads to them, however much there is.
pub(super) fn text(conn: &Conn, rooms: &[i64], forward: bool) -> String {
    let values: Vec<String> = rooms.iter().map(|room| format!("({room})")).collect();
    let values = values.join(",");
    let (than, order) = if forward { (">", "ASC") } else { ("<", "DESC") };
    match conn {
        Conn::Sqlite(_) => format!(
            "WITH wanted(room) AS (VALUES {values})
             SELECT t.room AS room, t.position AS position, t.event AS event FROM wanted CROSS JOIN timeline_events t
             WHERE t.room = wanted.room AND t.position IN (
                SELECT i.position FROM timeline_events i WHERE i.room = wanted.room AND i.position {than} $1
                ORDER BY i.position {order} LIMIT $2)"
        ),
        Conn::Pg(_) => format!(
            "SELECT t.room, t.position, t.event FROM (VALUES {values}) AS wanted(room)
             CROSS JOIN LATERAL (
                SELECT i.room, i.position, i.event FROM timeline_events i
                WHERE i.room = wanted.room AND i.position {than} $1 ORDER BY i.position {order} LIMIT $2) AS t"
        ),
    }
}
