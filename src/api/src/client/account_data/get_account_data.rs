//! `GET /user/{userId}/account_data/{type}` and `GET /user/{userId}/rooms/{roomId}/account_data/{type}`.

use actix_web::{HttpResponse, http::header::ContentType};

use crate::{
    Result,
    bridge::Call,
    client::arguments::{own_session, room_id},
};

/// A piece of the caller's global account data.
pub(super) async fn global(call: Call) -> Result<HttpResponse> {
    let session = own_session(&call).await?;
    let event_type = call.arg(1)?;
    if event_type == "m.push_rules" {
        // They are there before anybody has changed one.
        return Ok(HttpResponse::Ok().json(call.app.push.rules(&session.user_id).await?.content()));
    }
    let content = call.app.accounts.account_data(&session.user_id, None, event_type).await?;
    Ok(json_text(content))
}

/// A piece of the caller's account data of a room.
pub(super) async fn of_room(call: Call) -> Result<HttpResponse> {
    let session = own_session(&call).await?;
    let room_id = room_id(&call, 1)?;
    let content = call.app.accounts.account_data(&session.user_id, Some(&room_id), call.arg(2)?).await?;
    Ok(json_text(content))
}

fn json_text(content: String) -> HttpResponse {
    HttpResponse::Ok().content_type(ContentType::json()).body(content)
}
