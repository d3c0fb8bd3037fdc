//! Asks the databases how they would run a query.

use std::sync::Arc;

use diesel::{
    QueryableByName, RunQueryDsl,
    connection::{Connection, InstrumentationEvent, SimpleConnection},
    sql_query,
    sql_types::Text,
};
use parking_lot::Mutex;

use crate::{Conn, Result, connection::Role, testing::Database};

#[derive(QueryableByName)]
struct SqlitePlan {
    #[diesel(sql_type = Text)]
    detail: String,
}

#[derive(QueryableByName)]
struct PostgresPlan {
    #[diesel(sql_type = Text, column_name = "QUERY PLAN")]
    line: String,
}

/// Runs a test on each database with rows enough that an index is worth while.
pub(crate) fn each(test: impl Fn(&mut Conn)) {
    for database in [Some(Database::sqlite()), Database::postgres()].into_iter().flatten() {
        database.open().close_blocking();
        let mut conn = Conn::open(&database.target, Role::Writer).unwrap();
        fill(&mut conn);
        test(&mut conn);
    }
}

/// Asserts that the queries that `run` asks go through these indexes, all of them, and scan nothing. An index may be
/// followed by the conditions for which SQLite uses it; `pk TABLE` is its primary key.
#[track_caller]
pub(crate) fn goes_through<T>(conn: &mut Conn, indexes: &[&str], run: impl FnOnce(&mut Conn) -> Result<T>) {
    let plan = plan(conn, run);
    for index in indexes {
        let (name, conditions) = index.split_once(" (").map_or((*index, None), |(name, rest)| (name, Some(rest)));
        let found = match (&*conn, name.strip_prefix("pk ")) {
            (Conn::Sqlite(_), Some(table)) => plan.lines().any(|line| {
                line.starts_with(&format!("SEARCH {table} USING"))
                    && line.contains("PRIMARY KEY")
                    && conditions.is_none_or(|conditions| line.contains(conditions))
            }),
            (Conn::Sqlite(_), None) => plan
                .lines()
                .any(|line| line.contains(name) && conditions.is_none_or(|conditions| line.contains(conditions))),
            (Conn::Pg(_), Some(table)) => plan.contains(&format!("{table}_pkey")),
            (Conn::Pg(_), None) => plan.contains(name),
        };
        assert!(found, "not through {index}:\n{plan}");
    }
    for line in plan.lines() {
        // Lists that are part of the query are no tables.
        let harmless =
            line.contains("CONSTANT ROW") || line.starts_with("SCAN span") || line.starts_with("SCAN wanted");
        assert!(!line.contains("Seq Scan") && (harmless || !line.starts_with("SCAN ")), "{line}:\n{plan}");
    }
    // An index that is read from end to end is a scan, too.
    if matches!(conn, Conn::Pg(_)) {
        let count = |part: &str| plan.matches(part).count();
        let scans = count("Index Scan") + count("Index Only Scan");
        assert_eq!(scans - count("Bitmap Index Scan"), count("Index Cond") - count("Bitmap Index Scan"), "{plan}");
    }
}

/// How the database would run what `run` asks it.
pub(crate) fn plan<T>(conn: &mut Conn, run: impl FnOnce(&mut Conn) -> Result<T>) -> String {
    let texts: Arc<Mutex<Vec<String>>> = Arc::default();
    let heard = texts.clone();
    conn.set_instrumentation(move |event: InstrumentationEvent<'_>| {
        if let InstrumentationEvent::StartQuery { query, .. } = event {
            heard.lock().push(query.to_string());
        }
    });
    run(conn).unwrap();
    conn.set_instrumentation(|_: InstrumentationEvent<'_>| {});
    let texts = std::mem::take(&mut *texts.lock());
    assert!(!texts.is_empty(), "nothing was asked");
    // The text ends in a comment with the values.
    let texts = texts.iter().map(|text| text.split(" -- binds").next().unwrap_or_default());
    texts.map(|text| explain(conn, text)).collect::<Vec<_>>().join("\n")
}

fn explain(conn: &mut Conn, text: &str) -> String {
    match conn {
        Conn::Sqlite(conn) => {
            let lines: Vec<SqlitePlan> = sql_query(format!("EXPLAIN QUERY PLAN {text}")).load(conn).unwrap();
            lines.into_iter().map(|line| line.detail).collect::<Vec<_>>().join("\n")
        }
        Conn::Pg(conn) => {
            let values = (1..).take_while(|n| text.contains(&format!("${n}"))).map(|_| "NULL").collect::<Vec<_>>();
            let values = if values.is_empty() { String::new() } else { format!("({})", values.join(", ")) };
            conn.batch_execute(&format!("PREPARE asked AS {text}")).unwrap();
            let lines: Vec<PostgresPlan> = sql_query(format!("EXPLAIN EXECUTE asked{values}")).load(conn).unwrap();
            conn.batch_execute("DEALLOCATE asked").unwrap();
            lines.into_iter().map(|line| line.line).collect::<Vec<_>>().join("\n")
        }
    }
}

/// A server of 20,000 rooms and 500 users. SQLite plans without statistics, as it does in earnest; PostgreSQL collects
/// them by itself.
fn fill(conn: &mut Conn) {
    let bytes = if matches!(conn, Conn::Sqlite(_)) { "BLOB" } else { "BYTEA" };
    let n = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i <";
    conn.batch_execute(&format!(
        "BEGIN;
         INSERT INTO rooms {n} 20000) SELECT i, '!r' || i, '12', 1, i, 1, '', 5, 0, i % 200 = 0, i, i, i FROM n;
         INSERT INTO events {n} 20000) SELECT i, i % 200, i, i, i, '$e' || i, 'm.room.message', '@u' || (i % 500),
            NULL, NULL, 1, 1, 0, NULL, 'D', 't' || i, '{{}}', i, i, 1 FROM n;
         INSERT INTO state_keys {n} 5000) SELECT i, 't' || (i % 50), '@u' || i FROM n;
         INSERT INTO state_nodes {n} 5000) SELECT i, CAST('h' || i AS {bytes}), CAST('d' AS {bytes}) FROM n;
         INSERT INTO current_state {n} 10000) SELECT i % 200, 't' || (i % 50), '@u' || i, i FROM n;
         INSERT INTO current_state {n} 20000) SELECT i, 'm.room.join_rules', '', i FROM n;
         INSERT INTO state_deltas {n} 10000) SELECT i % 200, i, 't' || (i % 50), '@u' || i, i, NULL FROM n;
         INSERT INTO memberships {n} 20000) SELECT i % 1000 * 20, '@u' || ((i / 1000 * 37 + i) % 500), 1 + i / 1000 % 3, i, i,
            '@u1', NULL, NULL, i % 7 = 1 FROM n;
         INSERT INTO auth_chains {n} 5000) SELECT i, i % 200, i % 100, i FROM n;
         INSERT INTO auth_chain_links {n} 5000) SELECT i % 200, i, i / 10, 1 FROM n;
         INSERT INTO foreign_memberships {n} 5000) SELECT '@u' || (i % 500), '!r' || i, 2, i, '11', '@b:b', 'b', '$e', '{{}}',
            '[]' FROM n;
         INSERT INTO room_gaps {n} 5000) SELECT i % 200, '$m' || i, i FROM n;
         INSERT INTO room_aliases {n} 1000) SELECT '#a' || i, i % 200, '@u1' FROM n;
         INSERT INTO log {n} 5000) SELECT i, 1, i % 200, NULL, i FROM n;
         INSERT INTO users {n} 500) SELECT '@u' || i, NULL, 1, i = 1, i % 2 = 1, i % 2 = 1, i % 2 = 1, i % 2 = 1,
            i % 2 = 1 FROM n;
         INSERT INTO devices {n} 2000) SELECT '@u' || (i % 500), 'D' || i, NULL, 1, NULL, NULL, NULL FROM n;
         INSERT INTO tokens {n} 4000) SELECT CAST('h' || i AS {bytes}), 1 + i % 2, '@u' || (i % 500), 'D' || (i % 2000), i,
            NULL FROM n;
         INSERT INTO login_tokens {n} 1000) SELECT CAST('h' || i AS {bytes}), '@u1', i FROM n;
         INSERT INTO profiles {n} 2000) SELECT '@u' || (i % 500), 'f' || i, '1' FROM n;
         INSERT INTO account_data {n} 5000) SELECT '@u' || (i % 20), i % 70, 't' || i, '{{}}', i FROM n;
         INSERT INTO filters {n} 2000) SELECT '@u' || (i % 500), i, CAST('h' || i AS {bytes}), '{{}}' FROM n;
         INSERT INTO receipts {n} 20000) SELECT i % 1000 * 20, '@u' || ((i / 1000 * 37 + i) % 500), 1, '', '$e' || i, i, i, i
            FROM n;
         INSERT INTO unread {n} 20000) SELECT '@u' || ((i / 1000 * 37 + i) % 500), i % 1000 * 20, i, i, i, i, 0, 0, i % 50 = 1, i, i
            FROM n;
         INSERT INTO thread_notifications {n} 5000) SELECT i % 200, i, '$e' || (i % 100), '@u' || (i % 500), i % 2 = 1 FROM n;
         INSERT INTO own_notifications {n} 10000) SELECT '@u' || (i % 500), i % 200, i, i, 'main', 1, 1, '[]', i % 2 = 1 FROM n;
         INSERT INTO redacted_notifications {n} 5000) SELECT i % 200, i, 'main', '@u' || (i % 500), i % 2 = 1 FROM n;
         INSERT INTO pushers {n} 2000) SELECT '@u' || (i % 500), 'a' || (i % 3), 'k' || i, 'D' || i, '{{}}', i, i, i % 50 = 1
            FROM n;
         INSERT INTO timeline_rooms {n} 2000) SELECT i, '@u' || (i % 500), i % 5 < 4 FROM n;
         INSERT INTO timeline_events {n} 20000) SELECT i % 200, i, i FROM n;
         INSERT INTO user_directory {n} 500) SELECT '@u' || i, 'u' || i FROM n;
         INSERT INTO device_keys {n} 2000) SELECT '@u' || (i % 500), 'D' || i, '{{}}' FROM n;
         INSERT INTO one_time_keys {n} 20000) SELECT '@u' || (i % 500), 'D' || (i % 2000), 'a', i, 'k', '{{}}' FROM n;
         INSERT INTO fallback_keys {n} 2000) SELECT '@u' || (i % 500), 'D' || i, 'a', 'k', '{{}}', i % 2 = 0 FROM n;
         INSERT INTO cross_signing_keys {n} 1500) SELECT '@u' || (i % 500), i / 500, 'p', '{{}}' FROM n;
         INSERT INTO server_keys {n} 5000) SELECT 's' || (i % 2000), 'k' || i, CAST('h' || i AS {bytes}), i FROM n;
         INSERT INTO server_key_answers {n} 2000) SELECT 's' || i, i, i, '{{}}' FROM n;
         INSERT INTO user_signatures {n} 5000) SELECT '@u' || (i % 5), '@u' || i, 'k', 's', 'x', i FROM n;
         INSERT INTO device_list_changes {n} 5000) SELECT '@u' || i, i, i FROM n;
         INSERT INTO event_relations {n} 20000) SELECT i, i % 200, '$e' || (i % 2000), CASE i % 4 WHEN 0 THEN 'm.annotation'
            WHEN 1 THEN 'm.replace' WHEN 2 THEN 'm.thread' ELSE 'm.reference' END, 'm.room.message', '@u' || (i % 500),
            '$e' || i, i, i, i, i % 2 FROM n;
         INSERT INTO thread_roots {n} 5000) SELECT i % 200, '$e' || i, 1, i, i FROM n;
         INSERT INTO media_contents {n} 2000) SELECT CAST('h' || i AS {bytes}), i, i, i % 2 = 1, NULL FROM n;
         INSERT INTO media {n} 4000) SELECT 'm' || i, '@u' || (i % 500), i, CASE WHEN i % 50 = 1 THEN i END,
            CAST('h' || (i % 2000) AS {bytes}), '', NULL, i % 2 = 1 FROM n;
         INSERT INTO media_usage {n} 500) SELECT '@u' || i, i, i FROM n;
         INSERT INTO media_thumbnails {n} 2000) SELECT CAST('h' || (i % 100) AS {bytes}), i, i, i % 2 = 1, i % 2 = 1,
            CAST('h' || i AS {bytes}), '' FROM n;
         INSERT INTO remote_media {n} 2000) SELECT 's' || (i % 200), 'm' || i, CAST('h' || i AS {bytes}), i, '', NULL,
            i % 2 = 1, i, i FROM n;
         INSERT INTO remote_device_lists {n} 5000) SELECT '@u' || i, 's' || (i % 200), i, i % 7 <> 0, i,
            CASE WHEN i % 7 = 0 THEN i END FROM n;
         INSERT INTO remote_devices {n} 5000) SELECT '@u' || (i % 1000), 'D' || i, NULL, '{{}}' FROM n;
         INSERT INTO device_list_pauses {n} 500) SELECT 's' || i, i, i FROM n;
         INSERT INTO staged_events {n} 5000) SELECT i, '!r' || (i % 200), '$e' || i, 'o' || (i % 50), '{{}}' FROM n;
         INSERT INTO received_messages {n} 5000) SELECT 'o' || (i % 50), 'm' || i, i, i FROM n;
         INSERT INTO room_servers {n} 20000) SELECT i % 1000 * 20, 's' || (i / 20), i, CASE i % 2 WHEN 0 THEN i + 9
            ELSE 9223372036854775807 END, 1 FROM n;
         INSERT INTO outgoing {n} 20000) SELECT i, i % 1000 * 20, i FROM n;
         INSERT INTO outbox {n} 20000) SELECT 's' || (i % 1000), i, '{{}}' FROM n;
         INSERT INTO destinations {n} 5000) SELECT 's' || i, i, NULL, CASE i % 5 WHEN 0 THEN i END, 0, NULL, 0, 0 FROM n;
         COMMIT;"
    ))
    .unwrap();
    if let Conn::Pg(conn) = conn {
        conn.batch_execute("ANALYZE; SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off").unwrap();
    }
}
