//! `POST /_matrix/media/v3/upload`.

use accounts::Limit;
use actix_web::{HttpResponse, web::Payload};
use serde_json::json;

use crate::{
    Result,
    bridge::Call,
    client::{
        arguments::{limit_user, required_session},
        media::{
            arguments::content_length,
            receive::{label, receive, refuse},
        },
    },
};

/// Takes a file.
pub(super) async fn upload(call: Call, mut payload: Payload) -> HttpResponse {
    match take(&call, &mut payload).await {
        Ok(response) => response,
        Err(error) => refuse(&call, payload, error).await,
    }
}

async fn take(call: &Call, payload: &mut Payload) -> Result<HttpResponse> {
    let session = required_session(call).await?;
    session.require_active()?;
    limit_user(call, Limit::Write, &session)?;
    let (media, label) = (&call.app.media, label(call)?);
    let mut incoming = media.begin_upload(&session.user_id, content_length(call)).await?;
    receive(payload, &mut incoming).await?;
    let id = media.upload(&session.user_id, incoming, label).await?;
    Ok(HttpResponse::Ok().json(json!({ "content_uri": format!("mxc://{}/{id}", media.server_name()) })))
}
