//! `POST /login`.

use accounts::{Credentials, JsonObject, Limit, Login};
use actix_web::HttpResponse;
use serde_json::json;

use crate::{
    App, Result,
    bridge::Call,
    client::{arguments::limit_address, device_parameters::DeviceParameters, uia::parameters},
};

/// Logs a user in on a device.
pub(super) async fn login(call: Call) -> Result<HttpResponse> {
    let body: JsonObject = call.json()?;
    let credentials = Credentials::from_body(&body)?;
    limit_address(&call, Limit::Login)?;
    let parameters: DeviceParameters = parameters(body.clone())?;
    let device = parameters.into_device(&call);
    let login = call.app.accounts.login(credentials, device).await?;
    Ok(HttpResponse::Ok().json(answer(&call.app, login)))
}

/// What a client is told of its login.
pub(crate) fn answer(app: &App, login: Login) -> JsonObject {
    let mut answer = JsonObject::new();
    // Old clients read the name of the server from here.
    answer.insert("home_server".into(), login.user_id.server_name().as_str().into());
    answer.insert("user_id".into(), login.user_id.as_str().into());
    answer.insert("device_id".into(), login.device_id.as_str().into());
    answer.insert("access_token".into(), login.access_token.into());
    if let Some(token) = login.refresh_token {
        answer.insert("refresh_token".into(), token.into());
    }
    if let Some(expires_in_ms) = login.expires_in_ms {
        answer.insert("expires_in_ms".into(), expires_in_ms.into());
    }
    let config = &app.config;
    if let Some(base_url) = config.well_known.client.as_ref().or(config.server.public_base_url.as_ref()) {
        answer.insert("well_known".into(), json!({ "m.homeserver": { "base_url": base_url } }));
    }
    answer
}
