//! The client-server API, one file per endpoint.

use crate::bridge::Routes;

/// Every route of the client-server API.
pub(crate) fn routes() -> Routes {
    Routes::default()
}
