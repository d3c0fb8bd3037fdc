//! `POST /keys/query`.

use actix_web::HttpResponse;
use e2ee::keys::Asked;
use serde::Deserialize;

use super::timeout::Timeout;
use crate::{Result, bridge::Call, client::arguments::required_session};

#[derive(Deserialize)]
struct Parameters {
    device_keys: Asked,
    #[serde(default)]
    timeout: Timeout,
}

/// Tells the public keys of users and their devices.
pub(super) async fn query(call: Call) -> Result<HttpResponse> {
    let session = required_session(&call).await?;
    let Parameters { device_keys, timeout } = call.json()?;
    let answer = call.app.federation.query_keys(&session.user_id, device_keys, timeout.time()).await?;
    Ok(HttpResponse::Ok().content_type("application/json").body(answer))
}
