//! `PUT` and `DELETE /user/{userId}/rooms/{roomId}/tags/{tag}`.

use accounts::Limit;
use actix_web::HttpResponse;
use serde_json::json;

use crate::{
    Result,
    bridge::Call,
    client::arguments::{limit_user, own_session, room_id},
};

/// Puts a tag on a room.
pub(super) async fn set(call: Call) -> Result<HttpResponse> {
    let session = own_session(&call).await?;
    let room_id = room_id(&call, 1)?;
    limit_user(&call, Limit::Write, &session)?;
    call.app.accounts.set_tag(&session.user_id, &room_id, call.arg(2)?, call.json()?).await?;
    Ok(HttpResponse::Ok().json(json!({})))
}

/// Takes a tag off a room.
pub(super) async fn delete(call: Call) -> Result<HttpResponse> {
    let session = own_session(&call).await?;
    let room_id = room_id(&call, 1)?;
    limit_user(&call, Limit::Write, &session)?;
    call.app.accounts.delete_tag(&session.user_id, &room_id, call.arg(2)?).await?;
    Ok(HttpResponse::Ok().json(json!({})))
}
