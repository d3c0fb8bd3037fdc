//! The server-server API, one file per endpoint.

mod error;

use crate::bridge::Routes;

/// Every route of the server-server API.
pub(crate) fn routes() -> Routes {
    Routes::default()
}
