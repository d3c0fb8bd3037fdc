//! `PUT /presence/{userId}/status`.

use accounts::Limit;
use actix_web::HttpResponse;
use serde::Deserialize;
use serde_json::json;

use super::presence_state;
use crate::{
    Error, Result,
    bridge::Call,
    client::arguments::{limit_user, own_session},
};

#[derive(Deserialize)]
struct Body {
    presence: String,
    status_msg: Option<String>,
}

/// Sets the caller's presence.
pub(super) async fn set(call: Call) -> Result<HttpResponse> {
    let session = own_session(&call).await?;
    session.require_active()?;
    limit_user(&call, Limit::Write, &session)?;
    let body: Body = call.json()?;
    let state = presence_state(&body.presence)
        .ok_or_else(|| Error::invalid_param("presence must be online, offline or unavailable"))?;
    call.app.syncs.set_presence(&session, state, body.status_msg).await?;
    Ok(HttpResponse::Ok().json(json!({})))
}
