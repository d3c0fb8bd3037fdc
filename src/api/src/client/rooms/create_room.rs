//! `POST /createRoom`.

use accounts::Limit;
use actix_web::HttpResponse;
use rooms::create::CreateRoom;
use serde_json::json;

use crate::{
    Error, Result,
    bridge::{Call, session},
};

/// Makes a room.
pub(super) async fn create_room(call: Call) -> Result<HttpResponse> {
    let session = session(&call).await?.ok_or_else(Error::missing_token)?;
    session.require_active()?;
    let request: CreateRoom = call.json()?;
    call.app.accounts.limits().check(Limit::CreateRoom, &session.user_id)?;
    let room_id = call.app.rooms.create(&session.user_id, request).await?;
    Ok(HttpResponse::Ok().json(json!({ "room_id": room_id })))
}
