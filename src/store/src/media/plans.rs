//! The queries on media go through the indexes made for them, on both databases.

use super::*;
use crate::tests::plan::{each, goes_through};

#[test]
fn media_is_found_by_id_user_and_content() {
    let hash = [7; 32];
    each(|c| {
        goes_through(c, &["pk media", "media_contents"], |c| uploads::with_content(c, "m1"));
        goes_through(c, &["media_"], |c| uploads::pending(c, "@u1", 9));
        goes_through(c, &["media_expiry"], |c| uploads::any_expired(c, 9));
        goes_through(c, &["media_user (user_id=?"], |c| uploads::ids_of_user(c, "@u1", 9));
        goes_through(c, &["pk media_usage"], |c| usage::get(c, "@u1"));
        goes_through(c, &["media_contents"], |c| contents::get(c, &hash));
        goes_through(c, &["pk media_thumbnails"], |c| thumbnails::count(c, &hash));
        goes_through(c, &["pk remote_media", "media_contents"], |c| remote::with_content(c, "s", "m1"));
        goes_through(c, &["remote_media_hash"], |c| remote::with_hash(c, &hash));
        goes_through(c, &["remote_media_used"], |c| remote::least_used(c, None, 9));
        goes_through(c, &["remote_media_used"], |c| remote::least_used(c, Some(9), 9));
    });
}
