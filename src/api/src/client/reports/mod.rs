//! Reports of events, rooms and users.

mod report;

use http::Method;

use crate::{bridge::Routes, client::arguments::v3_and_r0};

pub(crate) fn routes() -> Routes {
    let (room, user) = (v3_and_r0!("rooms/{room_id}/report"), v3_and_r0!("users/{user_id}/report"));
    Routes::default()
        .raw(Method::POST, v3_and_r0!("rooms/{room_id}/report/{event_id}"), report::event)
        .raw(Method::POST, room, report::room)
        .raw(Method::POST, &["/_matrix/client/unstable/org.matrix.msc4151/rooms/{room_id}/report"], report::room)
        .raw(Method::POST, user, report::user)
        .raw(Method::POST, &["/_matrix/client/unstable/org.matrix.msc4260/users/{user_id}/report"], report::user)
}
