//! `GET /.well-known/matrix/client`.

use actix_web::HttpResponse;
use serde_json::json;

use crate::{Error, Result, bridge::Call};

/// Where clients find this server, if the operator has said so.
pub(super) async fn client(call: Call) -> Result<HttpResponse> {
    let config = &call.app.config;
    let base_url = config.well_known.client.as_ref().or(config.server.public_base_url.as_ref());
    let base_url = base_url.ok_or_else(|| Error::not_found("No public address is configured"))?;
    Ok(HttpResponse::Ok().json(json!({ "m.homeserver": { "base_url": base_url } })))
}
