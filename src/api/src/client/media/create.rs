//! `POST /_matrix/media/v1/create`.

use accounts::Limit;
use actix_web::HttpResponse;
use serde_json::json;

use crate::{
    Result,
    bridge::Call,
    client::arguments::{limit_user, required_session},
};

/// Makes an address for a file that comes later.
pub(super) async fn create(call: Call) -> Result<HttpResponse> {
    let session = required_session(&call).await?;
    session.require_active()?;
    limit_user(&call, Limit::Write, &session)?;
    let media = &call.app.media;
    let created = media.create(&session.user_id).await?;
    let uri = format!("mxc://{}/{}", media.server_name(), created.media_id);
    Ok(HttpResponse::Ok().json(json!({ "content_uri": uri, "unused_expires_at": created.expires_at })))
}
