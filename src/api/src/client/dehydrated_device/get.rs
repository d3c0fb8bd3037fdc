//! `GET /dehydrated_device`.

use actix_web::HttpResponse;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::{Error, Result, bridge::Call, client::arguments::required_session};

#[derive(Serialize)]
struct Answer<'a> {
    device_id: &'a str,
    device_data: &'a RawValue,
}

/// Gives the caller's dehydrated device. A server that has no such thing at all answers 404, too, but `M_UNRECOGNIZED`.
pub(super) async fn get(call: Call) -> Result<HttpResponse> {
    let session = required_session(&call).await?;
    let device = call.app.e2ee.dehydrated_device(&session.user_id).await?;
    let device_data = serde_json::from_str(&device.device_data).map_err(Error::internal)?;
    let answer =
        serde_json::to_string(&Answer { device_id: &device.device_id, device_data }).map_err(Error::internal)?;
    Ok(HttpResponse::Ok().content_type("application/json").body(answer))
}
