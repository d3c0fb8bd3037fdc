//! `POST /account/password`.

use actix_web::HttpResponse;
use serde::Deserialize;
use serde_json::json;

use crate::{
    Result,
    bridge::Call,
    client::uia::{Owner, owner},
};

#[derive(Deserialize)]
struct Parameters {
    new_password: String,
    logout_devices: Option<bool>,
}

/// Changes the password of the caller, or of the one whose password is given.
pub(super) async fn password(call: Call) -> Result<HttpResponse> {
    let accounts = &call.app.accounts;
    let check = |early: &Parameters| Ok(accounts.check_new_password(&early.new_password)?);
    let Owner { session, password, parameters } = owner(&call, check).await?;
    let keep = session.as_ref().map(|session| &*session.device_id);
    let logout_devices = parameters.logout_devices.unwrap_or(true);
    accounts.change_password(&password, keep, &parameters.new_password, logout_devices).await?;
    Ok(HttpResponse::Ok().json(json!({})))
}
