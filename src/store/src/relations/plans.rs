//! The queries for relations go through the indexes made for them, on both databases.

use super::*;
use crate::{
    Conn,
    rooms::Stretch,
    tests::plan::{each, goes_through, plan},
};

const PARENTS: [Parent; 2] = [Parent { nid: 1, upto: i64::MAX }, Parent { nid: 2, upto: 9 }];

/// Asserts that the index gives the order, too.
#[track_caller]
fn sorts_nothing(plan: &str) {
    for sort in ["USE TEMP B-TREE FOR ORDER BY", "->  Sort "] {
        assert!(!plan.contains(sort), "{plan}");
    }
}

#[test]
fn children_are_walked_along_an_index() {
    each(|c| {
        let all = Kind::default();
        let some = Kind { rel_type: Some(THREAD.into()), ..Kind::default() };
        for backward in [true, false] {
            for (kind, index) in [(&all, "event_relations_place"), (&some, "event_relations_")] {
                let run = |c: &mut Conn| children(c, 1, "$e1", kind, &Stretch::WHOLE, backward, 20);
                goes_through(c, &[index], run);
                sorts_nothing(&plan(c, run));
            }
        }
        let targets = ["$e1".to_owned(), "$e2".to_owned()];
        goes_through(c, &["event_relations_"], |c| children_of_many(c, 1, &targets, &all, (9, 9), true, 9));
        goes_through(c, &["event_relations_"], |c| flags_of_children(c, 1, "$e1"));
        goes_through(
            c,
            &["event_relations_sender (room=? AND target=? AND sender=? AND rel_type=? AND event_type=?"],
            |c| annotations_of(c, 1, "$e1", "@u1", "m.reaction", 7),
        );
    });
}

#[test]
fn what_is_bundled_is_found_by_parent() {
    each(|c| {
        for (bundled, index) in [
            (Bundled::Edits, "event_relations_sender"),
            (Bundled::References, "event_relations_type"),
            (Bundled::Replies, "event_relations_type"),
        ] {
            let run = |c: &mut Conn| newest_children(c, &PARENTS, bundled, &[], 3);
            goes_through(c, &[index], run);
            // PostgreSQL may as well sort the few that an index gives.
            if matches!(c, Conn::Sqlite(_)) {
                sorts_nothing(&plan(c, run));
            }
            let without = plan(c, |c| newest_children(c, &PARENTS, bundled, &["@u1", "@u2"], 3));
            assert!(without.contains(index), "{without}");
        }
        goes_through(c, &["event_relations_sender"], |c| threads_of(c, &PARENTS, "@u1", &[]));
    });
}

#[test]
fn threads_are_walked_from_the_newest() {
    each(|c| {
        for participant in [None, Some("@u1")] {
            let run = |c: &mut Conn| thread_roots(c, 1, (i64::MAX, i64::MAX), participant, 20);
            goes_through(c, &["thread_roots_place"], run);
            sorts_nothing(&plan(c, run));
        }
    });
}
