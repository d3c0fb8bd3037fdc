//! `GET /.well-known/matrix/client`, `/server` and `/support`.

use actix_web::HttpResponse;
use serde_json::{Map, json};

use crate::{Error, Result, bridge::Call};

/// Where clients find this server, if the operator has said so.
pub(super) async fn client(call: Call) -> Result<HttpResponse> {
    let config = &call.app.config;
    let base_url = config.well_known.client.as_ref().or(config.server.public_base_url.as_ref());
    let base_url = base_url.ok_or_else(|| Error::not_found("No public address is configured"))?;
    Ok(HttpResponse::Ok().json(json!({ "m.homeserver": { "base_url": base_url } })))
}

/// Where other servers find this one, if the operator has said so (server-server §server-discovery).
pub(super) async fn server(call: Call) -> Result<HttpResponse> {
    let server = call.app.config.federation_address();
    let server = server.ok_or_else(|| Error::not_found("No address for other servers is configured"))?;
    Ok(HttpResponse::Ok().json(json!({ "m.server": server })))
}

/// Whom to ask about this server, if the operator has said so.
pub(super) async fn support(call: Call) -> Result<HttpResponse> {
    let settings = &call.app.config.well_known;
    let mut answer = Map::new();
    if !settings.support_contacts.is_empty() {
        answer.insert("contacts".into(), json!(settings.support_contacts));
    }
    if let Some(page) = &settings.support_page {
        answer.insert("support_page".into(), json!(page));
    }
    if answer.is_empty() {
        return Err(Error::not_found("Neither contacts nor a page for support are configured"));
    }
    Ok(HttpResponse::Ok().json(answer))
}
