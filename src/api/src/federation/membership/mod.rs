//! How users of other servers come into rooms that are here and leave them, and how ours are invited elsewhere.

mod invite;
mod make;
mod send_join;
mod send_knock;
mod send_leave;
mod third_party;

use http::Method;

use crate::bridge::Routes;

pub(super) fn routes() -> Routes {
    Routes::default()
        .endpoint(make::make_join)
        .endpoint(make::make_knock)
        .endpoint(make::make_leave)
        .signed(Method::PUT, &["/_matrix/federation/v2/send_join/{room_id}/{event_id}"], send_join::send_join)
        .signed(Method::PUT, &["/_matrix/federation/v1/send_join/{room_id}/{event_id}"], send_join::first_version)
        .endpoint(send_knock::send_knock)
        .endpoint(send_leave::send_leave)
        .signed(Method::PUT, &["/_matrix/federation/v1/send_leave/{room_id}/{event_id}"], send_leave::first_version)
        .signed(Method::PUT, &["/_matrix/federation/v2/invite/{room_id}/{event_id}"], invite::invite)
        .signed(Method::PUT, &["/_matrix/federation/v1/invite/{room_id}/{event_id}"], invite::first_version)
        .endpoint(third_party::exchange)
        .endpoint(third_party::bound)
}
