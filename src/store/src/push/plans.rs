//! The queries of notifications go through the indexes made for them, on both databases.

use super::{contributions::ordinals, *};
use crate::{
    Conn,
    sync::Span,
    tests::plan::{each, goes_through, plan},
};

#[test]
fn counts_are_found_by_user_and_room() {
    each(|c| {
        goes_through(c, &["pk unread (user_id=? AND room=?)"], |c| unread(c, "@u1", &[20, 40], None));
        goes_through(c, &["unread_changed (user_id=? AND changed"], |c| unread(c, "@u1", &[], Some(19_990)));
        goes_through(c, &["pk unread (user_id=? AND room=?)"], |c| unread_row(c, "@u1", 20));
        goes_through(c, &["pk unread (user_id=? AND room=?)"], |c| unread(c, "@u1", &[1], None));
        let both = ["pk unread (user_id=? AND room=?)", "unread_changed (user_id=? AND changed"];
        goes_through(c, &both, |c| unread(c, "@u1", &[20, 40], Some(19_990)));
        goes_through(c, &["memberships_user (user_id=? AND membership=?"], |c| joined_unread(c, "@u1"));
        goes_through(c, &["pk redacted_notifications (room=? AND position>?)"], |c| redacted_after(c, &[1, 2], 9, 9));
        goes_through(c, &["pk thread_notifications (room=? AND position>?)"], |c| threads_after(c, &[1, 2], 9, 9));
        goes_through(c, &["own_notifications"], |c| own_in_threads(c, "@u1", &[1, 2], 9));
        goes_through(c, &["events_position (room=? AND position<?)"], |c| ordinals(c, 1, 9));
    });
}

#[test]
fn who_has_rules_is_found_by_room() {
    each(|c| {
        let members = if matches!(c, Conn::Sqlite(_)) { "memberships_room" } else { "memberships_" };
        let found = plan(c, |c| holders(c, 20));
        assert!(found.contains(members), "{found}");
        let one = if matches!(c, Conn::Sqlite(_)) { "pk memberships (room=? AND user_id=?)" } else { "memberships_" };
        goes_through(c, &[one, "pk unread"], |c| holders_among(c, 20, &["@u1".into()]));
        goes_through(c, &["account_data"], |c| rule_texts(c, "@u1"));
    });
}

#[test]
fn what_was_notified_is_found_by_position() {
    each(|c| {
        let spans = [Span { room: 1, after: 5, upto: 9_000 }, Span { room: 2, after: 5, upto: 9_000 }];
        for newest in [true, false] {
            goes_through(c, &["events_position (room=? AND position"], |c| notified(c, "@u1", &spans, 9, newest));
            goes_through(c, &["own_notifications_position (user_id=? AND position>? AND position<?)"], |c| {
                own_notified(c, "@u1", (5, 9_000), 9, newest)
            });
        }
        goes_through(c, &["pk pushers"], |c| pushers_of(c, "@u1"));
        // PostgreSQL may as well read the pushers in their order.
        let found = plan(c, |c| users_in_rooms(c, &[20, 40]));
        assert!(found.contains("memberships"), "{found}");
        goes_through(c, &["own_notifications_event (event=?)"], |c| users_notified(c, &[20, 40]));
    });
}
