//! `PUT /dehydrated_device`.

use accounts::Limit;
use actix_web::HttpResponse;
use e2ee::dehydrated_device::DehydratedUpload;
use serde_json::json;

use crate::{
    Result,
    bridge::Call,
    client::arguments::{limit_user, required_session},
};

/// Gives the caller a dehydrated device, in place of the one before.
pub(super) async fn put(call: Call) -> Result<HttpResponse> {
    let session = required_session(&call).await?;
    limit_user(&call, Limit::Write, &session)?;
    let upload: DehydratedUpload = call.json()?;
    let device_id = upload.device_id.clone();
    let now = call.app.clock.now_ms();
    call.app.e2ee.put_dehydrated_device(&session.user_id, upload, now).await?;
    Ok(HttpResponse::Ok().json(json!({ "device_id": device_id })))
}
