//! The queries of sending go through the indexes made for them.

use super::{destinations, outbox, outgoing, room_servers};
use crate::{
    Conn,
    tests::plan::{each, goes_through},
};

#[test]
fn servers_of_rooms_are_found_by_room_and_by_name() {
    each(|c| {
        let of_room = "room_servers_departed (departed=? AND room=?)";
        // PostgreSQL may as well look at those that have left.
        let of_room = if matches!(c, Conn::Sqlite(_)) { of_room } else { "room_servers_" };
        goes_through(c, &[of_room], |c| room_servers::servers_of(c, 1));
        goes_through(c, &[of_room, "pk destinations"], |c| room_servers::reachable(c, &[1, 2]));
        let one = "room_servers_server (server=? AND departed=? AND room=?)";
        let one = if matches!(c, Conn::Sqlite(_)) { one } else { "room_servers_" };
        goes_through(c, &[one], |c| room_servers::is_in_room(c, 1, "s1"));
        goes_through(c, &[one], |c| room_servers::among(c, &[1, 2], "s1"));
        let any = if matches!(c, Conn::Sqlite(_)) { "pk room_servers (room=?)" } else { "room_servers_" };
        goes_through(c, &[any], |c| room_servers::any_in_room(c, 1));
        goes_through(c, &["room_servers_"], |c| room_servers::is_in_any_room(c, "s1"));
        goes_through(c, &["memberships_user (user_id=? AND membership=?)"], |c| {
            room_servers::servers_sharing(c, "@u1")
        });
        // PostgreSQL decides by how many rooms there are on either side.
        let theirs = if matches!(c, Conn::Sqlite(_)) { "memberships_user (user_id=?" } else { "memberships_" };
        goes_through(c, &[theirs, "room_servers_"], |c| room_servers::strangers_to(c, 1, "@u1", 500));
    });
}

#[test]
fn what_is_due_is_found_by_position() {
    each(|c| {
        // The subquery of what goes out is read along its key, in order; SQLite calls its result a scan.
        let due = crate::tests::plan::plan(c, |c| outgoing::due(c, "s1", (19_000, 19_100), 50));
        match c {
            Conn::Sqlite(_) => {
                assert!(due.contains("SEARCH outgoing USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)"), "{due}");
                assert!(due.contains("SEARCH s USING PRIMARY KEY (room=? AND server=? AND entered<?)"), "{due}");
                assert!(!due.contains("SCAN outgoing") && !due.contains("SCAN s"), "{due}");
            }
            Conn::Pg(_) => {
                assert!(due.contains("outgoing_pkey") && due.contains("room_servers_"), "{due}");
                assert!(!due.contains("Seq Scan"), "{due}");
            }
        }
        let place = if matches!(c, Conn::Sqlite(_)) {
            "outbox_1 (server=? AND position>? AND position<?)"
        } else {
            "outbox_pkey"
        };
        goes_through(c, &[place], |c| outbox::waiting(c, "s1", (3, 9), 50));
        let servers = crate::tests::plan::plan(c, |c| outbox::servers(c, 19_000, 19_010));
        match c {
            Conn::Sqlite(_) => {
                assert!(servers.contains("outbox_position (position>? AND position<?)"), "{servers}");
                assert!(servers.contains("SEARCH d USING PRIMARY KEY (server=?)"), "{servers}");
            }
            // It reads those that rest, whose index is small, and puts them aside.
            Conn::Pg(_) => {
                assert!(servers.contains("outbox_position") && servers.contains("destinations_"), "{servers}");
                assert!(!servers.contains("Seq Scan"), "{servers}");
            }
        }
    });
}

#[test]
fn the_servers_of_what_is_new_are_found_by_its_rooms() {
    each(|c| {
        let plan = crate::tests::plan::plan(c, |c| outgoing::servers(c, 19_000, 19_010));
        match c {
            Conn::Sqlite(_) => {
                assert!(plan.contains("SEARCH outgoing USING"), "{plan}");
                assert!(plan.contains("SEARCH s USING PRIMARY KEY (room=?)"), "{plan}");
                assert!(plan.contains("SEARCH d USING PRIMARY KEY (server=?)"), "{plan}");
            }
            Conn::Pg(_) => assert!(!plan.contains("Seq Scan") && plan.contains("room_servers_pkey"), "{plan}"),
        }
    });
}

#[test]
fn destinations_are_found_by_name_and_by_time() {
    each(|c| {
        goes_through(c, &["pk destinations (server=?)"], |c| destinations::get(c, "s1"));
        goes_through(c, &["pk destinations (server>?)"], |c| destinations::list(c, "s1", 20));
        goes_through(c, &["destinations_retry (retry_at<?)"], |c| destinations::to_retry(c, 9, 20));
        goes_through(c, &["destinations_retry (retry_at>?)"], |c| destinations::next_retry(c, 9));
    });
}
