//! The query of the feed goes through the index, on both databases.

use super::{newest_of_timelines, oldest_of_timelines, timelines_of};
use crate::{
    Conn,
    tests::plan::{each, goes_through},
};

#[test]
fn an_index_leads_to_the_newest_of_each_room() {
    each(|c| {
        let through: &[&str] = if matches!(c, Conn::Sqlite(_)) { &["pk t", "pk i"] } else { &["timeline_events_pkey"] };
        goes_through(c, through, |c| newest_of_timelines(c, &[1, 2, 3], 9, 5));
        goes_through(c, through, |c| oldest_of_timelines(c, &[1, 2, 3], 9, 5));
        goes_through(c, &["timeline_rooms_owner"], |c| timelines_of(c, "@u1:a"));
    });
}
