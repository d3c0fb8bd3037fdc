//! `POST /keys/signatures/upload`.

use accounts::Limit;
use actix_web::HttpResponse;
use e2ee::keys::SignedObjects;
use serde_json::json;

use crate::{
    Result,
    bridge::Call,
    client::arguments::{limit_user, required_session},
};

/// Publishes signatures of the caller's keys on devices and master keys.
pub(super) async fn upload(call: Call) -> Result<HttpResponse> {
    let session = required_session(&call).await?;
    limit_user(&call, Limit::Write, &session)?;
    let objects: SignedObjects = call.json()?;
    let failures = call.app.e2ee.upload_signatures(&session.user_id, objects).await?;
    Ok(HttpResponse::Ok().json(json!({ "failures": failures })))
}
