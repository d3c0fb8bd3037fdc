//! The newest events of rooms.

use diesel::{
    prelude::*,
    sql_types::{BigInt, Integer},
};

use crate::{Conn, Result};

/// A part of one room's arrivals: after `after`, up to and with `upto`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The room's number.
    pub room: i64,
    /// The position before the first one meant.
    pub after: i64,
    /// The last position meant.
    pub upto: i64,
}

#[derive(QueryableByName)]
struct Place {
    #[diesel(sql_type = BigInt)]
    room: i64,
    #[diesel(sql_type = BigInt)]
    position: i64,
    #[diesel(sql_type = BigInt)]
    nid: i64,
}

/// How many spans one query takes.
const SPANS: usize = 1_000;

/// The newest events, at most `count` of each span: (room, position, event number), newest first in each room.
pub fn newest_events(conn: &mut Conn, spans: &[Span], count: usize) -> Result<Vec<(i64, i64, i64)>> {
    let mut found = Vec::new();
    let count = i32::try_from(count).unwrap_or(i32::MAX);
    for spans in spans.chunks(SPANS) {
        let query = diesel::sql_query(text(conn, spans)).bind::<Integer, _>(count);
        let places: Vec<Place> = query.load(conn)?;
        found.extend(places.into_iter().map(|place| (place.room, place.position, place.nid)));
    }
    Ok(found)
}

/// A limit per room, which neither a window function (it reads whole rooms) nor one form for both databases gives.
pub(crate) fn text(conn: &Conn, spans: &[Span]) -> String {
    let values: Vec<String> =
        spans.iter().map(|span| format!("({},{},{})", span.room, span.after, span.upto)).collect();
    let values = values.join(",");
    match conn {
        Conn::Sqlite(_) => format!(
            "WITH span(room, after, upto) AS (VALUES {values})
             SELECT e.room AS room, e.position AS position, e.nid AS nid FROM span CROSS JOIN events e
             WHERE e.room = span.room AND e.position IN (
                SELECT i.position FROM events i
                WHERE i.room = span.room AND i.position > span.after AND i.position <= span.upto
                ORDER BY i.position DESC LIMIT $1)
             ORDER BY e.room, e.position DESC"
        ),
        Conn::Pg(_) => format!(
            "SELECT e.room, e.position, e.nid FROM (VALUES {values}) AS span(room, after, upto)
             CROSS JOIN LATERAL (
                SELECT i.room, i.position, i.nid FROM events i
                WHERE i.room = span.room AND i.position > span.after AND i.position <= span.upto
                ORDER BY i.position DESC LIMIT $1) AS e
             ORDER BY e.room, e.position DESC"
        ),
    }
}
