//! `PUT /_matrix/media/v3/upload/{serverName}/{mediaId}`.

use accounts::Limit;
use actix_web::{HttpResponse, web::Payload};
use serde_json::json;

use crate::{
    Result,
    bridge::Call,
    client::{
        arguments::{limit_user, required_session},
        media::{
            arguments::{content_length, media_id},
            receive::{label, receive, refuse},
        },
    },
};

/// Takes the file that an address waits for.
pub(super) async fn fill(call: Call, mut payload: Payload) -> HttpResponse {
    match take(&call, &mut payload).await {
        Ok(response) => response,
        Err(error) => refuse(&call, payload, error).await,
    }
}

async fn take(call: &Call, payload: &mut Payload) -> Result<HttpResponse> {
    let session = required_session(call).await?;
    session.require_active()?;
    limit_user(call, Limit::Write, &session)?;
    let (media, label, id) = (&call.app.media, label(call)?, media_id(call)?);
    let mut incoming = media.begin_fill(&session.user_id, id, content_length(call)).await?;
    receive(payload, &mut incoming).await?;
    media.fill(&session.user_id, id, incoming, label).await?;
    Ok(HttpResponse::Ok().json(json!({})))
}
