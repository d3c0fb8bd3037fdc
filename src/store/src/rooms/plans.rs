//! The queries that read rooms for clients go through the indexes made for them, on both databases.

use diesel::connection::SimpleConnection;

use super::*;
use crate::Conn;
use crate::tests::plan::{each, goes_through, plan};

/// Asserts that the index gives the order, too.
#[track_caller]
fn sorts_nothing(plan: &str) {
    for sort in ["USE TEMP B-TREE FOR ORDER BY", "->  Sort "] {
        assert!(!plan.contains(sort), "{plan}");
    }
}

#[test]
fn history_is_walked_along_the_index_of_depth() {
    each(|c| {
        let start = Stretch { after: (7, 0), ..Stretch::WHOLE };
        let end = Stretch { upto: (9_000, 9_000), arrived_upto: 9_000, ..Stretch::WHOLE };
        for stretch in [Stretch::WHOLE, start, end] {
            for backward in [true, false] {
                goes_through(c, &["events_depth (room=? AND depth"], |c| history(c, 1, &stretch, backward, 100));
                sorts_nothing(&plan(c, |c| history(c, 1, &stretch, backward, 100)));
            }
        }
        // On SQLite not even the rows are looked at.
        if matches!(c, Conn::Sqlite(_)) {
            goes_through(c, &["COVERING INDEX events_depth"], |c| history(c, 1, &Stretch::WHOLE, true, 100));
        }
    });
}

#[test]
fn history_is_not_sorted_where_most_rooms_are_small() {
    let small_rooms = "INSERT INTO events SELECT 20000 + i, 1000 + i / 2, i, i, 20000 + i, '$s' || i, 'm.room.message', '@u1',
         NULL, NULL, 1, 1, 0, NULL, NULL, NULL, '{}', 0, 0, 1
         FROM (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40000) SELECT i FROM n) AS numbers";
    each(|c| {
        c.batch_execute(small_rooms).unwrap();
        if matches!(c, Conn::Pg(_)) {
            c.batch_execute("ANALYZE events").unwrap();
        }
        sorts_nothing(&plan(c, |c| history(c, 1, &Stretch::WHOLE, true, 100)));
    });
}

#[test]
fn arrivals_are_found_by_position() {
    each(|c| {
        let index = &["events_position (room=? AND position"];
        goes_through(c, index, |c| highest_depth_before(c, 1, 9));
        goes_through(c, index, |c| lowest_depth_after(c, 1, 9));
        goes_through(c, index, |c| last_arrival(c, 1, 9));
        sorts_nothing(&plan(c, |c| highest_depth_before(c, 1, 9)));
        sorts_nothing(&plan(c, |c| lowest_depth_after(c, 1, 9)));
    });
}

#[test]
fn times_are_found_by_time() {
    each(|c| {
        for backward in [true, false] {
            goes_through(c, &["events_time (room=? AND origin_server_ts"], |c| events_near(c, 1, 9, backward, 20));
            // Only events of the same millisecond are sorted.
            sorts_nothing(&plan(c, |c| events_near(c, 1, 9, backward, 20)));
        }
    });
}

#[test]
fn lists_of_members_are_found_by_room_or_user() {
    each(|c| {
        goes_through(c, &["memberships_user (user_id=? AND membership=?", "pk rooms"], |c| joined_room_ids(c, "@u1"));
        goes_through(c, &["memberships_room (room=? AND membership=?"], |c| longest_joined(c, 20, 9));
        goes_through(c, &["memberships_room (room=? AND membership=?"], |c| joined_of_server(c, 20, "test", 9));
        // PostgreSQL may as well read all of a small room.
        let member =
            if matches!(c, Conn::Sqlite(_)) { "pk memberships (room=? AND user_id=?)" } else { "memberships_" };
        goes_through(c, &[member], |c| joined_of(c, 20, &["@u1".to_owned()]));
        goes_through(c, &["pk memberships (room=? AND user_id=?)"], |c| standings(c, "@u1", &[20, 40]));
        // SQLite steps over those who left rather than look up each of the others.
        let of_room = if matches!(c, Conn::Sqlite(_)) { "pk memberships (room=?)" } else { "memberships_" };
        goes_through(c, &[of_room], |c| joined_profiles(c, 20));
        goes_through(c, &[of_room], |c| member_event_nids(c, 20, &[Membership::Join]));
        goes_through(c, &["memberships"], |c| joined_among(c, "@u1", &["!r1".into()]));
        goes_through(c, &["pk state_deltas (room=? AND position>?)"], |c| member_changes_since(c, 1, 9));
    });
}

#[test]
fn parts_of_states_are_found_by_key() {
    each(|c| {
        let state = "pk current_state (room=? AND event_type";
        goes_through(c, &[state], |c| current_state_without_key(c, 1));
        goes_through(c, &[state, "state_keys_key"], |c| keys_without_members(c, 1));
        goes_through(c, &[state, "pk events"], |c| space_children(c, 1));
        goes_through(c, &[state, "pk events"], |c| current_events(c, &[1, 2], &["m.room.name"]));
        goes_through(c, &["state_keys_key (event_type=? AND state_key=?)"], |c| {
            state_key_nids(c, "m.room.member", &["@u1"])
        });
    });
}

#[test]
fn the_directory_looks_at_published_rooms_only() {
    each(|c| {
        for backward in [true, false] {
            let page = plan(c, |c| published_rooms(c, (9, 9), backward, 20));
            assert!(page.contains("rooms_published"), "{page}");
        }
        let count = plan(c, published_count);
        assert!(count.contains("rooms_published"), "{count}");
        goes_through(c, &["room_aliases_room (room=?)"], |c| aliases_of_room(c, 1));
        let ids = ["!r1".to_owned(), "!r2".to_owned()];
        goes_through(
            c,
            &[if matches!(c, Conn::Sqlite(_)) { "rooms_1 (room_id=?)" } else { "rooms_room_id_key" }],
            |c| rooms_by_id(c, &ids),
        );
    });
}

#[test]
fn memberships_elsewhere_are_found_by_their_user() {
    each(|c| {
        goes_through(c, &["pk foreign_memberships"], |c| foreign_member(c, "@u1", "!r1:b"));
        goes_through(c, &["foreign_memberships_position"], |c| foreign_changes(c, "@u1", 5, 9));
        goes_through(c, &["foreign_memberships_position"], |c| foreign_standing(c, "@u1"));
    });
}

#[test]
fn what_belongs_to_an_event_or_a_server_is_found_in_its_room() {
    each(|c| {
        goes_through(c, &["pk pending_redactions"], |c| redactions_of(c, 1, &["$e1".into()]));
        goes_through(c, &["auth_chains_place (chain=? AND sequence>?)"], |c| auth_chain_events(c, &[1, 2], 5));
        let members = if matches!(c, Conn::Sqlite(_)) { "memberships_room (room=?)" } else { "memberships_" };
        goes_through(c, &[members], |c| members_of_server(c, 1, "b", 5));
    });
}

#[test]
fn gaps_are_found_by_room() {
    each(|c| {
        goes_through(c, &["pk room_gaps (room=?"], |c| has_gaps(c, 1));
        goes_through(c, &["pk room_gaps (room=? AND missing=?"], |c| events_after(c, 1, "$m1"));
        if matches!(c, Conn::Sqlite(_)) {
            goes_through(c, &["pk room_gaps (room=?", "pk events (rowid=?"], |c| gaps(c, 1, i64::MAX, 9));
        }
        goes_through(c, &["events_position (room=? AND position"], |c| depth_of_gap_after(c, 1, 9));
    });
}
