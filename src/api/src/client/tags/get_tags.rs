//! `GET /user/{userId}/rooms/{roomId}/tags`.

use actix_web::HttpResponse;
use serde_json::json;

use crate::{
    Result,
    bridge::Call,
    client::arguments::{own_session, room_id},
};

/// The tags that the caller has put on a room.
pub(super) async fn get_tags(call: Call) -> Result<HttpResponse> {
    let session = own_session(&call).await?;
    let tags = call.app.accounts.tags(&session.user_id, &room_id(&call, 1)?).await?;
    Ok(HttpResponse::Ok().json(json!({ "tags": tags })))
}
