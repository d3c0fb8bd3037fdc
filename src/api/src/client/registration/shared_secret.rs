//! `GET` and `POST /_synapse/admin/v1/register`: registration by programs that know the shared secret.

use accounts::MacRegistration;
use actix_web::HttpResponse;
use serde::Deserialize;
use serde_json::json;

use super::register::respond;
use crate::{Result, bridge::Call, client::device_parameters::DeviceParameters};

#[derive(Deserialize)]
struct Parameters {
    nonce: String,
    username: String,
    password: String,
    displayname: Option<String>,
    admin: Option<bool>,
    user_type: Option<String>,
    mac: String,
    inhibit_login: Option<bool>,
    #[serde(flatten)]
    device: DeviceParameters,
}

/// Gives a nonce for one registration.
pub(super) async fn nonce(call: Call) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(json!({ "nonce": call.app.accounts.registration_nonce()? })))
}

/// Registers a user.
pub(super) async fn register(call: Call) -> Result<HttpResponse> {
    let parameters: Parameters = call.json()?;
    let registration = MacRegistration {
        nonce: parameters.nonce,
        username: parameters.username,
        password: parameters.password,
        displayname: parameters.displayname,
        admin: parameters.admin.unwrap_or(false),
        user_type: parameters.user_type,
        mac: parameters.mac,
        device: parameters.device.into_device(&call),
        login: !parameters.inhibit_login.unwrap_or(false),
    };
    Ok(respond(&call.app, call.app.accounts.register_with_mac(registration).await?))
}
