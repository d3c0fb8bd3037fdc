//! `GET /_matrix/federation/v1/version` (server-server §get_matrixfederationv1version).

use std::sync::Arc;

use ruma::api::federation::discovery::get_server_version::v1;

use crate::{App, Result, bridge::Ruma};

/// What this server is.
pub(super) async fn get_server_version(_: Arc<App>, _: Ruma<v1::Request>) -> Result<v1::Response> {
    let mut server = v1::Server::new();
    server.name = Some("PeerBrain".to_owned());
    server.version = Some(env!("CARGO_PKG_VERSION").to_owned());
    let mut response = v1::Response::new();
    response.server = Some(server);
    Ok(response)
}
