//! `POST /keys/device_signing/upload`.

use accounts::{JsonObject, Limit};
use actix_web::HttpResponse;
use e2ee::keys::CrossSigningUpload;
use serde_json::json;

use crate::{
    Result,
    bridge::Call,
    client::{
        arguments::{limit_user, required_session},
        uia::{by_password, parameters},
    },
};

/// Publishes the caller's cross-signing keys. Whoever has some already must authenticate to replace them.
pub(super) async fn upload(call: Call) -> Result<HttpResponse> {
    let session = required_session(&call).await?;
    limit_user(&call, Limit::Write, &session)?;
    let e2ee = &call.app.e2ee;
    let body: JsonObject = call.json()?;
    let upload: CrossSigningUpload = parameters(body.clone())?;
    // Whoever goes on with an authentication may leave out what was sent at its beginning.
    let goes_on = upload.is_empty() && body.contains_key("auth");
    let needs_auth = goes_on || e2ee.cross_signing_needs_auth(&session.user_id, &upload).await?;
    let upload = if needs_auth { parameters(by_password(&call, Some(&session), body).await?.body)? } else { upload };
    e2ee.upload_cross_signing(&session.user_id, upload, needs_auth).await?;
    Ok(HttpResponse::Ok().json(json!({})))
}
