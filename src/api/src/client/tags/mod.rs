//! Room tags.

mod change_tags;
mod get_tags;

use http::Method;

use crate::{bridge::Routes, client::arguments::v3_and_r0};

pub(crate) fn routes() -> Routes {
    let tag = v3_and_r0!("user/{user_id}/rooms/{room_id}/tags/{tag}");
    Routes::default()
        .raw(Method::GET, v3_and_r0!("user/{user_id}/rooms/{room_id}/tags"), get_tags::get_tags)
        .raw(Method::PUT, tag, change_tags::set)
        .raw(Method::DELETE, tag, change_tags::delete)
}
