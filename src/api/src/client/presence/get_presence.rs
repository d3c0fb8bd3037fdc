//! `GET /presence/{userId}/status`.

use actix_web::HttpResponse;

use crate::{
    Result,
    bridge::Call,
    client::arguments::{required_session, user_id},
};

/// The presence of a user with whom the caller shares a room.
pub(super) async fn get(call: Call) -> Result<HttpResponse> {
    let session = required_session(&call).await?;
    let of = user_id(&call, 0)?;
    Ok(HttpResponse::Ok().json(call.app.syncs.presence(&session.user_id, &of).await?))
}
