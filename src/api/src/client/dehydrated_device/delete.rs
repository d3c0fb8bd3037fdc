//! `DELETE /dehydrated_device`.

use actix_web::HttpResponse;
use serde_json::json;

use crate::{Result, bridge::Call, client::arguments::required_session};

/// Deletes the caller's dehydrated device.
pub(super) async fn delete(call: Call) -> Result<HttpResponse> {
    let session = required_session(&call).await?;
    let device_id = call.app.e2ee.delete_dehydrated_device(&session.user_id).await?;
    Ok(HttpResponse::Ok().json(json!({ "device_id": device_id })))
}
