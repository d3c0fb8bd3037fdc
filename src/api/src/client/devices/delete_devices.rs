//! `DELETE /devices/{deviceId}` and `POST /delete_devices`.

use accounts::JsonObject;
use actix_web::HttpResponse;
use peerbrain_core::limits;
use ruma::OwnedDeviceId;
use serde::Deserialize;
use serde_json::json;

use crate::{
    Error, Result,
    bridge::Call,
    client::{
        arguments::required_session,
        uia::{by_password, early, parameters},
    },
};

#[derive(Deserialize)]
struct Parameters {
    devices: Vec<OwnedDeviceId>,
}

/// Deletes one of the caller's devices and its tokens.
pub(super) async fn one(call: Call) -> Result<HttpResponse> {
    let session = required_session(&call).await?;
    let device: OwnedDeviceId = call.arg(0)?.into();
    by_password(&call, Some(&session), call.json()?).await?;
    call.app.accounts.delete_devices(&session.user_id, &[device]).await?;
    Ok(HttpResponse::Ok().json(json!({})))
}

fn check_number(parameters: &Parameters) -> Result<()> {
    if parameters.devices.len() > limits::DEVICES_PER_USER {
        return Err(Error::invalid_param("These are more devices than a user can have"));
    }
    Ok(())
}

/// Deletes several of them.
pub(super) async fn several(call: Call) -> Result<HttpResponse> {
    let session = required_session(&call).await?;
    let body: JsonObject = call.json()?;
    if let Some(early) = early::<Parameters>(&body)? {
        check_number(&early)?;
    }
    let authorized = by_password(&call, Some(&session), body).await?;
    let parameters: Parameters = parameters(authorized.body)?;
    check_number(&parameters)?;
    call.app.accounts.delete_devices(&session.user_id, &parameters.devices).await?;
    Ok(HttpResponse::Ok().json(json!({})))
}
