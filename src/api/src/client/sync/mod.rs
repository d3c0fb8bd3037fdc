//! Syncing.

mod error;
mod get_sync;

use http::Method;

use crate::{bridge::Routes, client::arguments::v3_and_r0};

/// The routes of this area.
pub(crate) fn routes() -> Routes {
    Routes::default().raw(Method::GET, v3_and_r0!("sync"), get_sync::sync)
}
