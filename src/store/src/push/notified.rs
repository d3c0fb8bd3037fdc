//! What a user has been notified of.

use diesel::{
    prelude::*,
    sql_types::{BigInt, Integer, SmallInt, Text},
};

use crate::{
    Conn, Result,
    schema::{own_notifications, thread_notifications},
    sync::Span,
};

/// An event that notifies under the predefined rules.
#[derive(Clone, Debug, PartialEq, Eq, QueryableByName)]
pub struct NotifiedRow {
    /// The room's number.
    #[diesel(sql_type = BigInt)]
    pub room: i64,
    /// The event's position.
    #[diesel(sql_type = BigInt)]
    pub position: i64,
    /// The event's number.
    #[diesel(sql_type = BigInt)]
    pub nid: i64,
    /// Which rule notifies, see `events::push::Default`.
    #[diesel(sql_type = SmallInt)]
    pub push_rule: i16,
}

/// How many spans one query takes.
const SPANS: usize = 1_000;

/// Events that notify this user under the predefined rules, at most `count` of each span: the newest, newest first, or
/// the oldest, oldest first.
pub fn notified(
    conn: &mut Conn,
    user_id: &str,
    spans: &[Span],
    count: usize,
    newest: bool,
) -> Result<Vec<NotifiedRow>> {
    let mut found = Vec::new();
    let count = i32::try_from(count).unwrap_or(i32::MAX);
    for spans in spans.chunks(SPANS) {
        let query = diesel::sql_query(text(conn, spans, newest)).bind::<Text, _>(user_id).bind::<Integer, _>(count);
        found.extend(query.load::<NotifiedRow>(conn)?);
    }
    found.sort_unstable_by_key(|row| if newest { -row.position } else { row.position });
    Ok(found)
}

fn text(conn: &Conn, spans: &[Span], newest: bool) -> String {
    let values: Vec<String> =
        spans.iter().map(|span| format!("({},{},{})", span.room, span.after, span.upto)).collect();
    let (values, order) = (values.join(","), if newest { "DESC" } else { "ASC" });
    match conn {
        Conn::Sqlite(_) => format!(
            "WITH span(room, after, upto) AS (VALUES {values})
             SELECT e.room AS room, e.position AS position, e.nid AS nid, e.push_rule AS push_rule
             FROM span CROSS JOIN events e
             WHERE e.room = span.room AND e.position IN (
                SELECT i.position FROM events i
                WHERE i.room = span.room AND i.position > span.after AND i.position <= span.upto
                   AND i.push_rule > 0 AND i.redacted_by IS NULL AND i.sender <> $1
                ORDER BY i.position {order} LIMIT $2)"
        ),
        Conn::Pg(_) => format!(
            "SELECT e.room, e.position, e.nid, e.push_rule FROM (VALUES {values}) AS span(room, after, upto)
             CROSS JOIN LATERAL (
                SELECT i.room, i.position, i.nid, i.push_rule FROM events i
                WHERE i.room = span.room AND i.position > span.after AND i.position <= span.upto
                   AND i.push_rule > 0 AND i.redacted_by IS NULL AND i.sender <> $1
                ORDER BY i.position {order} LIMIT $2) AS e"
        ),
    }
}

/// What an event does for one user alone.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = own_notifications)]
pub struct OwnNotifiedRow {
    /// The room's number.
    pub room: i64,
    /// The event's position.
    pub position: i64,
    /// The event's number.
    pub event: i64,
    /// `main`, or the id of the thread's root.
    pub thread: String,
    /// The actions, a JSON list; empty where nothing is done.
    pub actions: String,
    /// Whether it is highlighted.
    pub highlight: bool,
}

/// What events of these positions do for a user alone, after `after` and up to `upto`; the newest, newest first, or the
/// oldest, oldest first.
pub fn own_notified(
    conn: &mut Conn,
    user_id: &str,
    (after, upto): (i64, i64),
    count: usize,
    newest: bool,
) -> Result<Vec<OwnNotifiedRow>> {
    let query = own_notifications::table
        .filter(own_notifications::user_id.eq(user_id))
        .filter(own_notifications::position.gt(after))
        .filter(own_notifications::position.le(upto))
        .limit(i64::try_from(count).unwrap_or(i64::MAX))
        .select(OwnNotifiedRow::as_select());
    Ok(if newest {
        query.order(own_notifications::position.desc()).load(conn)?
    } else {
        query.order(own_notifications::position.asc()).load(conn)?
    })
}

/// The threads of these events: (room, position, id of the root). Those of the main timeline have none.
pub fn thread_of(conn: &mut Conn, of: &[(i64, i64)]) -> Result<Vec<(i64, i64, String)>> {
    let (rooms, positions): (Vec<i64>, Vec<i64>) = of.iter().copied().unzip();
    let query = thread_notifications::table
        .filter(thread_notifications::room.eq_any(rooms))
        .filter(thread_notifications::position.eq_any(positions))
        .select((thread_notifications::room, thread_notifications::position, thread_notifications::thread));
    Ok(query.load(conn)?)
}
