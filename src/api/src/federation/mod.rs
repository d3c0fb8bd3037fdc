//! The server-server API, one file per endpoint.

mod arguments;
mod devices;
mod error;
mod keys;
mod media;
mod membership;
mod reads;
mod send;

use http::Method;

use crate::bridge::Routes;

/// Every route of the server-server API.
pub(crate) fn routes() -> Routes {
    Routes::default()
        .signed(Method::PUT, &["/_matrix/federation/v1/send/{transaction_id}"], send::send)
        .merge(devices::routes())
        .merge(keys::routes())
        .merge(media::routes())
        .merge(membership::routes())
        .merge(reads::routes())
}
