//! `GET /pushers` and `POST /pushers/set`.

use accounts::Limit;
use actix_web::HttpResponse;
use push::NewPusher;
use serde_json::json;

use crate::{
    Result,
    bridge::Call,
    client::arguments::{limit_user, required_session},
};

/// The caller's pushers.
pub(super) async fn list(call: Call) -> Result<HttpResponse> {
    let session = required_session(&call).await?;
    let pushers = call.app.push.pushers(&session.user_id).await?;
    Ok(HttpResponse::Ok().json(json!({ "pushers": pushers })))
}

/// Sets, changes or deletes a pusher.
pub(super) async fn set(call: Call) -> Result<HttpResponse> {
    let session = required_session(&call).await?;
    limit_user(&call, Limit::Write, &session)?;
    let new: NewPusher = call.json()?;
    call.app.push.set_pusher(&session, new).await?;
    Ok(HttpResponse::Ok().json(json!({})))
}
