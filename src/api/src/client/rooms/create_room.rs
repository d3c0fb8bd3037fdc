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
    // Nothing is required at the top, so what is missing is missing further down, and that is a wrong shape.
    let object: serde_json::Map<_, _> = call.json()?;
    let request: CreateRoom =
        serde_json::from_value(object.into()).map_err(|error| Error::bad_json(error.to_string()))?;
    call.app.accounts.limits().check(Limit::CreateRoom, &session.user_id)?;
    let room_id = call.app.rooms.create(&session.user_id, request).await?;
    Ok(HttpResponse::Ok().json(json!({ "room_id": room_id })))
}
