//! The events that go out to other servers.

use diesel::{
    dsl::min,
    prelude::*,
    sql_types::{BigInt, Text},
};

use crate::{Conn, Result, Tx, meta, schema::outgoing};

/// The fact that says up to which position everybody was sent everything who takes it.
const SENT_UPTO: &str = "federation_sent_upto";
/// Rows that are looked at for one server in one step.
const SCANNED: i64 = 5_000;

#[derive(QueryableByName)]
struct Server {
    #[diesel(sql_type = Text)]
    server: String,
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

/// An event that goes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, QueryableByName)]
pub struct OutgoingRow {
    /// Its place in the one order.
    #[diesel(sql_type = BigInt)]
    pub position: i64,
    /// Its number.
    #[diesel(sql_type = BigInt)]
    pub event: i64,
}

/// The next events for one server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// In order.
    pub rows: Vec<OutgoingRow>,
    /// Up to this position there are no others.
    pub upto: i64,
}

/// The next events for a server after a position and up to another, at most `most`. Where a server was away for long there
/// may be none although more come later: `upto` says how far was looked.
pub fn due(conn: &mut Conn, server: &str, (after, upto): (i64, i64), most: i64) -> Result<Due> {
    // The plus keeps SQLite from going through all rooms of a server.
    let query = diesel::sql_query(
        "SELECT o.position AS position, o.event AS event
         FROM (SELECT position, room, event FROM outgoing WHERE position > $1 AND position <= $2
               ORDER BY position LIMIT $3) o
         WHERE EXISTS (SELECT 1 FROM room_servers s WHERE s.room = o.room AND s.server = $4
               AND s.entered <= o.position AND +s.departed >= o.position)
         ORDER BY o.position LIMIT $5",
    );
    let query = query.bind::<BigInt, _>(after).bind::<BigInt, _>(upto).bind::<BigInt, _>(SCANNED);
    let rows: Vec<OutgoingRow> = query.bind::<Text, _>(server).bind::<BigInt, _>(most).load(conn)?;
    if i64::try_from(rows.len()).is_ok_and(|found| found >= most) {
        let upto = rows.last().map_or(upto, |row| row.position);
        return Ok(Due { rows, upto });
    }
    let beyond = outgoing::table
        .filter(outgoing::position.gt(after))
        .filter(outgoing::position.le(upto))
        .order(outgoing::position)
        .offset(SCANNED - 1)
        .select(outgoing::position);
    let scanned: Option<i64> = beyond.first(conn).optional()?;
    Ok(Due { rows, upto: scanned.unwrap_or(upto) })
}

/// How many events there are for a server after a position, counted up to `most`.
pub fn count(conn: &mut Conn, server: &str, after: i64, most: i64) -> Result<i64> {
    let query = diesel::sql_query(
        "SELECT count(*) AS number FROM
             (SELECT o.position FROM outgoing o WHERE o.position > $1
              AND EXISTS (SELECT 1 FROM room_servers s WHERE s.room = o.room AND s.server = $2
                  AND s.entered <= o.position AND +s.departed >= o.position)
              LIMIT $3) waiting",
    );
    let query = query.bind::<BigInt, _>(after).bind::<Text, _>(server).bind::<BigInt, _>(most);
    Ok(query.get_result::<Number>(conn)?.number)
}

/// The servers for which there may be events after a position and up to another, without those that fail.
pub fn servers(conn: &mut Conn, after: i64, upto: i64) -> Result<Vec<String>> {
    let query = diesel::sql_query(
        "SELECT DISTINCT s.server AS server
         FROM (SELECT room, min(position) AS first, max(position) AS last FROM outgoing
               WHERE position > $1 AND position <= $2 GROUP BY room) o
         CROSS JOIN room_servers s
         WHERE s.room = o.room AND s.entered <= o.last AND s.departed >= o.first
         AND NOT EXISTS (SELECT 1 FROM destinations d WHERE d.server = s.server AND d.retry_at IS NOT NULL)",
    );
    let found: Vec<Server> = query.bind::<BigInt, _>(after).bind::<BigInt, _>(upto).load(conn)?;
    Ok(found.into_iter().map(|row| row.server).collect())
}

/// The position up to which every server was sent everything, but for those that fail. None if that was never noted.
pub fn sent_upto(conn: &mut Conn) -> Result<Option<i64>> {
    Ok(meta::get(conn, SENT_UPTO)?.and_then(|value| value.parse().ok()))
}

/// Notes that position.
pub fn set_sent_upto(tx: &mut Tx<'_>, position: i64) -> Result<()> {
    meta::set(tx.conn(), SENT_UPTO, &position.to_string())
}

/// The first position of an event that goes out.
pub(super) fn first(conn: &mut Conn) -> Result<Option<i64>> {
    Ok(outgoing::table.select(min(outgoing::position)).get_result(conn)?)
}
