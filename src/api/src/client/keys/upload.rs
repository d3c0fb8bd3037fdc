//! `POST /keys/upload`.

use accounts::Limit;
use actix_web::HttpResponse;
use e2ee::keys::KeyUpload;
use serde_json::json;

use crate::{
    Result,
    bridge::Call,
    client::arguments::{limit_user, required_session},
};

/// Publishes keys of the caller's device.
pub(super) async fn upload(call: Call) -> Result<HttpResponse> {
    let session = required_session(&call).await?;
    limit_user(&call, Limit::Write, &session)?;
    let upload: KeyUpload = call.json()?;
    let counts = call.app.e2ee.upload_keys(&session.user_id, &session.device_id, upload).await?;
    Ok(HttpResponse::Ok().json(json!({ "one_time_key_counts": counts })))
}
