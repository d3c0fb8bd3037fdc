//! What a client asks first.

mod capabilities;
mod versions;
mod well_known;

use http::Method;

use crate::{bridge::Routes, client::arguments::v3_and_r0};

pub(crate) fn routes() -> Routes {
    Routes::default()
        .raw(Method::GET, &["/_matrix/client/versions"], versions::versions)
        .raw(Method::GET, v3_and_r0!("capabilities"), capabilities::capabilities)
        .raw(Method::GET, &["/.well-known/matrix/client"], well_known::client)
        .raw(Method::GET, &["/.well-known/matrix/server"], well_known::server)
        .raw(Method::GET, &["/.well-known/matrix/support"], well_known::support)
}
