//! `PUT /rooms/{roomId}/typing/{userId}`.

use std::time::Duration;

use accounts::Limit;
use actix_web::HttpResponse;
use serde::Deserialize;
use serde_json::json;

use crate::{
    Error, Result,
    bridge::Call,
    client::arguments::{limit_user, required_session, room_id, user_id},
};

/// How long a user types who does not say it, in milliseconds.
const USUAL: u64 = 30_000;

#[derive(Deserialize)]
struct Body {
    typing: bool,
    timeout: Option<u64>,
}

/// Says whether the caller types.
pub(super) async fn set(call: Call) -> Result<HttpResponse> {
    let session = required_session(&call).await?;
    let room_id = room_id(&call, 0)?;
    if user_id(&call, 1)? != session.user_id {
        return Err(Error::forbidden("You may only type for yourself"));
    }
    session.require_active()?;
    limit_user(&call, Limit::Write, &session)?;
    let body: Body = call.json()?;
    let time = Duration::from_millis(body.timeout.unwrap_or(USUAL));
    let syncs = &call.app.syncs;
    syncs.set_typing(&session.user_id, &room_id, body.typing.then_some(time)).await?;
    if body.typing {
        syncs.active(&session);
    }
    Ok(HttpResponse::Ok().json(json!({})))
}
