//! The queries that read rooms for clients go through the indexes made for them, on both databases.

use std::sync::{Arc, Mutex};

use diesel::{
    QueryableByName, RunQueryDsl,
    connection::{Connection, InstrumentationEvent, SimpleConnection},
    sql_query,
    sql_types::Text,
};

use super::*;
use crate::{connection::Role, testing::Database};

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

/// How the database would run what `run` asks it.
fn plan(conn: &mut Conn, run: impl FnOnce(&mut Conn)) -> String {
    let texts: Arc<Mutex<Vec<String>>> = Arc::default();
    let heard = texts.clone();
    conn.set_instrumentation(move |event: InstrumentationEvent<'_>| {
        if let InstrumentationEvent::StartQuery { query, .. } = event {
            heard.lock().unwrap().push(query.to_string());
        }
    });
    run(conn);
    conn.set_instrumentation(|_: InstrumentationEvent<'_>| {});
    let texts = std::mem::take(&mut *texts.lock().unwrap());
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
            // The tables are empty: without this, everything is scanned and sorted.
            conn.batch_execute(
                "SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; SET enable_sort = off;
                 SET enable_bitmapscan = off",
            )
            .unwrap();
            conn.batch_execute(&format!("PREPARE asked AS {text}")).unwrap();
            let lines: Vec<PostgresPlan> = sql_query(format!("EXPLAIN EXECUTE asked{values}")).load(conn).unwrap();
            conn.batch_execute("DEALLOCATE asked").unwrap();
            lines.into_iter().map(|line| line.line).collect::<Vec<_>>().join("\n")
        }
    }
}

/// Asserts that a query goes through an index (its names on SQLite and on PostgreSQL) and sorts nothing.
#[track_caller]
fn goes_through(conn: &mut Conn, [sqlite, postgres]: [&str; 2], run: impl FnOnce(&mut Conn)) {
    let index = if matches!(conn, Conn::Sqlite(_)) { sqlite } else { postgres };
    let plan = plan(conn, run);
    assert!(!plan.is_empty() && plan.contains(index), "not through {index}:\n{plan}");
    for bad in ["SCAN ", "USE TEMP B-TREE FOR ORDER BY", "Seq Scan", "->  Sort"] {
        assert!(!plan.contains(bad), "{bad}:\n{plan}");
    }
}

fn each(test: impl Fn(&mut Conn)) {
    for database in [Some(Database::sqlite()), Database::postgres()].into_iter().flatten() {
        database.open().close_blocking();
        test(&mut Conn::open(&database.target, Role::Reader).unwrap());
    }
}

#[test]
fn history_is_walked_along_the_index_of_depth() {
    each(|conn| {
        for backward in [true, false] {
            goes_through(conn, ["events_depth", "events_depth"], |conn| {
                history(conn, 1, &Stretch::WHOLE, backward, 100).unwrap();
            });
        }
        goes_through(conn, ["COVERING INDEX events_depth", "events_depth"], |conn| {
            history(conn, 1, &Stretch::WHOLE, true, 100).unwrap();
        });
    });
}

#[test]
fn arrivals_are_found_by_position() {
    each(|conn| {
        let index = ["events_position (room=? AND position", "events_position"];
        goes_through(conn, index, |conn| {
            highest_depth_before(conn, 1, 9).unwrap();
        });
        goes_through(conn, index, |conn| {
            lowest_depth_after(conn, 1, 9).unwrap();
        });
        goes_through(conn, index, |conn| {
            last_arrival(conn, 1, 9).unwrap();
        });
    });
}

#[test]
fn times_are_found_by_time() {
    each(|conn| {
        for backward in [true, false] {
            let plan = plan(conn, |conn| drop(events_near(conn, 1, 9, backward, 20).unwrap()));
            assert!(plan.contains("events_time"), "{plan}");
            // Only events of the same millisecond are sorted.
            assert!(!plan.contains("TEMP B-TREE FOR ORDER BY"), "{plan}");
            assert!(!plan.contains("-> Sort") && !plan.contains("->  Sort"), "{plan}");
        }
    });
}

#[test]
fn members_are_found_by_room_or_user() {
    each(|conn| {
        let by_user = ["memberships_user (user_id=? AND membership=?", "memberships_user"];
        goes_through(conn, by_user, |conn| drop(joined_room_ids(conn, "@a:b").unwrap()));
        let by_room = ["memberships_room (room=? AND membership=?", "memberships_room"];
        goes_through(conn, by_room, |conn| drop(longest_joined(conn, 1, 9).unwrap()));
        // SQLite steps over those who left rather than look up each of the others.
        let of_room = ["memberships USING PRIMARY KEY (room=?)", "memberships_"];
        goes_through(conn, of_room, |conn| drop(joined_profiles(conn, 1).unwrap()));
        goes_through(conn, of_room, |conn| drop(member_event_nids(conn, 1, &[Membership::Join]).unwrap()));
        let key = ["PRIMARY KEY (room=? AND user_id=?)", "memberships_"];
        goes_through(conn, key, |conn| drop(standings(conn, "@a:b", &[1, 2]).unwrap()));
        goes_through(conn, ["room_id=?", "memberships_"], |conn| {
            drop(joined_among(conn, "@a:b", &["!a:b".into()]).unwrap());
        });
        let deltas = ["PRIMARY KEY (room=? AND position>?)", "state_deltas_pkey"];
        goes_through(conn, deltas, |conn| drop(member_changes_since(conn, 1, 9).unwrap()));
    });
}

#[test]
fn parts_of_states_are_found_by_key() {
    each(|conn| {
        let state = ["PRIMARY KEY (room=? AND event_type", "current_state_pkey"];
        goes_through(conn, state, |conn| drop(keys_without_members(conn, 1).unwrap()));
        goes_through(conn, ["state_keys_key", "state_keys_key"], |conn| drop(keys_without_members(conn, 1).unwrap()));
        goes_through(conn, state, |conn| drop(space_children(conn, 1).unwrap()));
        goes_through(conn, state, |conn| drop(current_events(conn, &[1, 2], &["m.room.name"]).unwrap()));
        goes_through(conn, ["state_keys_key (event_type=? AND state_key=?)", "state_keys_key"], |conn| {
            drop(state_key_nids(conn, "m.room.member", &["@a:b"]).unwrap());
        });
    });
}

#[test]
fn the_directory_looks_at_published_rooms_only() {
    each(|conn| {
        for backward in [true, false] {
            let page = plan(conn, |conn| drop(published_rooms(conn, (9, 9), backward, 20).unwrap()));
            assert!(page.contains("rooms_published"), "{page}");
        }
        let count = plan(conn, |conn| {
            published_count(conn).unwrap();
        });
        assert!(count.contains("rooms_published"), "{count}");
        let aliases = plan(conn, |conn| drop(aliases_of_room(conn, 1).unwrap()));
        assert!(aliases.contains("room_aliases_room"), "{aliases}");
    });
}
