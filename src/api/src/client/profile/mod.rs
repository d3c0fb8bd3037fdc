//! Profiles.

mod change_profile;
mod get_profile;

use http::Method;

use crate::bridge::Routes;

const WHOLE: [&str; 3] = [
    "/_matrix/client/v3/profile/{user_id}",
    "/_matrix/client/r0/profile/{user_id}",
    "/_matrix/client/unstable/uk.tcpip.msc4133/profile/{user_id}",
];
const FIELD: [&str; 3] = [
    "/_matrix/client/v3/profile/{user_id}/{field}",
    "/_matrix/client/r0/profile/{user_id}/{field}",
    "/_matrix/client/unstable/uk.tcpip.msc4133/profile/{user_id}/{field}",
];

pub(crate) fn routes() -> Routes {
    Routes::default()
        .raw(Method::GET, &WHOLE, get_profile::whole)
        .raw(Method::GET, &FIELD, get_profile::field)
        .raw(Method::PUT, &FIELD, change_profile::set)
        .raw(Method::DELETE, &FIELD, change_profile::delete)
}
