//! `POST /createRoom`.

use accounts::Limit;
use actix_web::HttpResponse;
use peerbrain_core::limits::INVITES_PER_REQUEST;
use rooms::create::CreateRoom;
use serde_json::json;

use crate::{Error, Result, bridge::Call, client::arguments::required_session};

/// Makes a room.
pub(super) async fn create_room(call: Call) -> Result<HttpResponse> {
    let session = required_session(&call).await?;
    session.require_active()?;
    // Nothing is required at the top, so what is missing is missing further down, and that is a wrong shape.
    let object: serde_json::Map<_, _> = call.json()?;
    let request: CreateRoom =
        serde_json::from_value(object.into()).map_err(|error| Error::bad_json(error.to_string()))?;
    let (limits, user) = (call.app.accounts.limits(), &session.user_id);
    limits.peek(Limit::CreateRoom, user)?;
    // More than that are refused below.
    limits.check_many(Limit::Invite, user, request.invite.len().min(INVITES_PER_REQUEST))?;
    limits.check(Limit::CreateRoom, user)?;
    let room_id = call.app.rooms.create(&session.user_id, request).await?;
    Ok(HttpResponse::Ok().json(json!({ "room_id": room_id })))
}
