//! `POST /account/password`.

use accounts::{JsonObject, Limit};
use actix_web::HttpResponse;
use serde::Deserialize;
use serde_json::json;

use crate::{
    Error, Result,
    bridge::{Call, session},
    client::arguments::limit_address,
    client::uia::{by_password, early, parameters},
};

#[derive(Deserialize)]
struct Parameters {
    new_password: String,
    logout_devices: Option<bool>,
}

/// Changes the password of the caller, or of the one whose password is given.
pub(super) async fn password(call: Call) -> Result<HttpResponse> {
    let session = session(&call).await?;
    if session.is_none() {
        limit_address(&call, Limit::Login)?;
    }
    let body: JsonObject = call.json()?;
    if let Some(early) = early::<Parameters>(&body)? {
        call.app.accounts.check_new_password(&early.new_password)?;
    }
    let authorized = by_password(&call, session.as_deref(), body).await?;
    let parameters: Parameters = parameters(authorized.body)?;
    let user = session.as_ref().map(|session| session.user_id.clone()).or(authorized.user);
    let user = user.ok_or_else(|| Error::internal("a password without a user"))?;
    let keep = session.as_ref().map(|session| &*session.device_id);
    let logout_devices = parameters.logout_devices.unwrap_or(true);
    call.app.accounts.change_password(&user, keep, &parameters.new_password, logout_devices).await?;
    Ok(HttpResponse::Ok().json(json!({})))
}
