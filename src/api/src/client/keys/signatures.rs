//! `POST /keys/signatures/upload`.

use std::collections::BTreeMap;

use accounts::Limit;
use actix_web::HttpResponse;
use e2ee::keys::SignedObjects;
use serde_json::json;

use crate::{Result, bridge::Call, client::arguments::required_session};

/// So many objects count as one more request: each costs the writer two looks and the time of a signature.
const OBJECTS: usize = 20;

/// Publishes signatures of the caller's keys on devices and master keys.
pub(super) async fn upload(call: Call) -> Result<HttpResponse> {
    let session = required_session(&call).await?;
    let objects: SignedObjects = call.json()?;
    let count: usize = objects.values().map(BTreeMap::len).sum();
    call.app.accounts.limits().check_many(Limit::Write, &session.user_id, 1 + count / OBJECTS)?;
    let failures = call.app.e2ee.upload_signatures(&session.user_id, objects).await?;
    Ok(HttpResponse::Ok().json(json!({ "failures": failures })))
}
