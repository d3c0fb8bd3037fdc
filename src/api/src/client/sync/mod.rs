//! Syncing.

mod error;
mod get_sync;

use http::Method;

use crate::bridge::Routes;

/// The routes of this area.
pub(crate) fn routes() -> Routes {
    let paths = ["/_matrix/client/v3/sync", "/_matrix/client/r0/sync"];
    Routes::default().raw(Method::GET, &paths, get_sync::sync)
}
