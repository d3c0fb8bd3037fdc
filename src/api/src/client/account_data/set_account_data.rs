//! `PUT /user/{userId}/account_data/{type}` and `PUT /user/{userId}/rooms/{roomId}/account_data/{type}`.

use accounts::{JsonObject, Limit};
use actix_web::HttpResponse;
use serde_json::{json, value::RawValue};

use crate::{
    Result,
    bridge::Call,
    client::arguments::{limit_user, own_session, room_id},
};

/// Sets a piece of the caller's global account data.
pub(super) async fn global(call: Call) -> Result<HttpResponse> {
    let session = own_session(&call).await?;
    limit_user(&call, Limit::Write, &session)?;
    let content = content(&call)?;
    call.app.accounts.set_account_data(&session.user_id, None, call.arg(1)?, &content).await?;
    Ok(HttpResponse::Ok().json(json!({})))
}

/// Sets a piece of the caller's account data of a room.
pub(super) async fn of_room(call: Call) -> Result<HttpResponse> {
    let session = own_session(&call).await?;
    let room_id = room_id(&call, 1)?;
    limit_user(&call, Limit::Write, &session)?;
    let content = content(&call)?;
    call.app.accounts.set_account_data(&session.user_id, Some(&room_id), call.arg(2)?, &content).await?;
    Ok(HttpResponse::Ok().json(json!({})))
}

/// The body to the letter. It is also read, for what is nested too deeply or is no text would break the syncs of its user.
fn content(call: &Call) -> Result<Box<RawValue>> {
    let _readable: JsonObject = call.json()?;
    call.json()
}
