//! What is bundled with events: of many events at once, of any rooms.

use diesel::{
    prelude::*,
    sql_types::{BigInt, Bool, Text},
};

use super::{REFERENCE, REPLACE, THREAD, VALID_EDIT};
use crate::{Conn, Result};

/// How many parents one query takes.
const PARENTS: usize = 1_000;

/// An event whose children are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parent {
    /// Its number.
    pub nid: i64,
    /// The position up to which children count; [`i64::MAX`] for all.
    pub upto: i64,
}

/// Which children are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bundled {
    /// Edits that have the sender and the type of their parent, the latest by their own time first.
    Edits,
    /// References, the last in the room's order first.
    References,
    /// What is said in the thread, the last in the room's order first.
    Replies,
}

/// What there is of a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, QueryableByName)]
pub struct ThreadSummary {
    /// The number of its root.
    #[diesel(sql_type = BigInt)]
    pub parent: i64,
    /// How many events are in it.
    #[diesel(sql_type = BigInt)]
    pub replies: i64,
    /// Whether one of them is by the user who asks.
    #[diesel(sql_type = Bool)]
    pub participated: bool,
}

#[derive(QueryableByName)]
struct Pair {
    #[diesel(sql_type = BigInt)]
    parent: i64,
    #[diesel(sql_type = BigInt)]
    child: i64,
}

impl Bundled {
    /// What tells them from other children, and their order.
    fn text(self) -> (String, &'static str) {
        let place = "i.depth DESC, i.position DESC";
        match self {
            Self::Edits => (
                format!(
                    "i.sender = e.sender AND i.rel_type = '{REPLACE}' AND i.event_type = e.event_type
                     AND i.mark = {VALID_EDIT}"
                ),
                "i.origin_server_ts DESC, i.event_id DESC",
            ),
            Self::References => (format!("i.rel_type = '{REFERENCE}'"), place),
            Self::Replies => (format!("i.rel_type = '{THREAD}'"), place),
        }
    }
}

/// The newest children, at most `limit` of each parent: (number of the parent, number of the child), in no order.
///
/// * `without`: children by these senders do not count.
pub fn newest_children(
    conn: &mut Conn,
    parents: &[Parent],
    bundled: Bundled,
    without: &[&str],
    limit: usize,
) -> Result<Vec<(i64, i64)>> {
    let mut found = Vec::new();
    for parents in parents.chunks(PARENTS) {
        let query = diesel::sql_query(newest_text(conn, parents, bundled, !without.is_empty(), limit));
        let pairs: Vec<Pair> = match without {
            [] => query.load(conn)?,
            without => query.bind::<Text, _>(list(without)).load(conn)?,
        };
        found.extend(pairs.into_iter().map(|pair| (pair.parent, pair.child)));
    }
    Ok(found)
}

/// The threads of which these events are roots, in no order.
///
/// * `user`: who asks.
/// * `without`: what these senders said does not count.
pub fn threads_of(conn: &mut Conn, parents: &[Parent], user: &str, without: &[&str]) -> Result<Vec<ThreadSummary>> {
    let mut found = Vec::new();
    for parents in parents.chunks(PARENTS) {
        let query = diesel::sql_query(threads_text(conn, parents, !without.is_empty())).bind::<Text, _>(user);
        let threads: Vec<ThreadSummary> = match without {
            [] => query.load(conn)?,
            without => query.bind::<Text, _>(list(without)).load(conn)?,
        };
        found.extend(threads.into_iter().filter(|thread| thread.replies > 0));
    }
    Ok(found)
}

/// A limit per parent, which is written differently for both databases (as in `sync::newest_events`).
fn newest_text(conn: &Conn, parents: &[Parent], bundled: Bundled, without: bool, limit: usize) -> String {
    let (which, order) = bundled.text();
    let without = if without { format!("AND i.sender NOT IN ({})", listed(conn, 1)) } else { String::new() };
    let newest = format!(
        "SELECT i.child FROM event_relations i WHERE i.room = e.room AND i.target = e.event_id AND {which} {without}
         AND i.position <= wanted.upto ORDER BY {order} LIMIT {limit}"
    );
    match conn {
        Conn::Sqlite(_) => format!(
            "{} SELECT e.nid AS parent, r.child AS child FROM wanted CROSS JOIN events e CROSS JOIN event_relations r
             WHERE e.nid = wanted.nid AND r.child IN ({newest})",
            with(parents)
        ),
        Conn::Pg(_) => format!(
            "{} SELECT e.nid AS parent, r.child AS child FROM wanted JOIN events e ON e.nid = wanted.nid
             CROSS JOIN LATERAL ({newest}) AS r",
            with(parents)
        ),
    }
}

/// Threads count themselves; what is counted here is what must be taken off for this user, or, up to a position, the
/// rest.
fn threads_text(conn: &Conn, parents: &[Parent], without: bool) -> String {
    let of_thread = format!(
        "SELECT {{}} FROM event_relations i WHERE i.room = e.room AND i.target = e.event_id
         AND i.rel_type = '{THREAD}'"
    );
    let (all, some) = (of_thread.replace("{}", "count(*)"), of_thread.replace("{}", "1"));
    let (taken_off, rest) = match without {
        true => {
            let list = listed(conn, 2);
            (format!("- ({all} AND i.sender IN ({list}))"), format!("AND i.sender NOT IN ({list})"))
        }
        false => (String::new(), String::new()),
    };
    format!(
        "{} SELECT e.nid AS parent,
             CASE WHEN wanted.upto = {} THEN t.replies {taken_off}
             ELSE ({all} {rest} AND i.position <= wanted.upto) END AS replies,
             EXISTS ({some} AND i.sender = {}1) AS participated
         FROM wanted CROSS JOIN events e CROSS JOIN thread_roots t
         WHERE e.nid = wanted.nid AND t.room = e.room AND t.root = e.event_id",
        with(parents),
        i64::MAX,
        mark(conn),
    )
}

fn with(parents: &[Parent]) -> String {
    let values: Vec<String> = parents.iter().map(|parent| format!("({},{})", parent.nid, parent.upto)).collect();
    format!("WITH wanted(nid, upto) AS (VALUES {})", values.join(","))
}

/// The texts of a JSON array, which is the argument of this number.
fn listed(conn: &Conn, argument: usize) -> String {
    match conn {
        Conn::Sqlite(_) => format!("SELECT value FROM json_each({}{argument})", mark(conn)),
        Conn::Pg(_) => format!("SELECT json_array_elements_text({}{argument}::json)", mark(conn)),
    }
}

/// What stands before the number of an argument. To SQLite `$2` is a name, and what comes first is the first argument.
fn mark(conn: &Conn) -> char {
    match conn {
        Conn::Sqlite(_) => '?',
        Conn::Pg(_) => '$',
    }
}

fn list(texts: &[&str]) -> String {
    serde_json::Value::from(texts.to_vec()).to_string()
}
