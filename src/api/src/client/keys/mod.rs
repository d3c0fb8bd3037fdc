//! Keys of devices and users, for end-to-end encryption.

mod changes;
mod claim;
mod cross_signing;
mod error;
mod query;
mod signatures;
mod timeout;
mod upload;

use http::Method;

use crate::{bridge::Routes, client::arguments::v3_and_r0};

/// Paths of cross-signing, which clients know from before it was specified.
macro_rules! v3_and_unstable {
    ($path:literal) => {
        &[
            concat!("/_matrix/client/v3/", $path),
            concat!("/_matrix/client/r0/", $path),
            concat!("/_matrix/client/unstable/", $path),
        ]
    };
}

/// The routes of this area.
pub(crate) fn routes() -> Routes {
    Routes::default()
        .raw(Method::POST, v3_and_r0!("keys/upload"), upload::upload)
        .raw(Method::POST, v3_and_r0!("keys/query"), query::query)
        .raw(Method::POST, v3_and_r0!("keys/claim"), claim::claim)
        .raw(Method::GET, v3_and_r0!("keys/changes"), changes::changes)
        .raw(Method::POST, v3_and_unstable!("keys/device_signing/upload"), cross_signing::upload)
        .raw(Method::POST, v3_and_unstable!("keys/signatures/upload"), signatures::upload)
}
