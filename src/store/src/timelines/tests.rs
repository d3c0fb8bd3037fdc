//! The query of the feed goes through the index, on both databases.

use super::{newest_of_timelines, oldest_of_timelines, timelines_among, timelines_of};
use crate::tests::plan::{each, goes_through};

#[test]
fn an_index_leads_to_the_newest_of_each_room() {
    each(|c| {
        goes_through(c, &["timeline_events"], |c| newest_of_timelines(c, &[1, 2, 3], 9, 5));
        goes_through(c, &["timeline_events"], |c| oldest_of_timelines(c, &[1, 2, 3], 9, 5));
        goes_through(c, &["timeline_rooms_owner"], |c| timelines_of(c, "@u1:a"));
        goes_through(c, &["timeline_rooms"], |c| timelines_among(c, &[1, 2]));
    });
}
