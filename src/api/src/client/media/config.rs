//! `GET /_matrix/client/v1/media/config`, and its deprecated twin.

use actix_web::HttpResponse;
use serde_json::json;

use crate::{Result, bridge::Call, client::arguments::required_session};

/// How large a file may be.
pub(super) async fn config(call: Call) -> Result<HttpResponse> {
    required_session(&call).await?;
    Ok(HttpResponse::Ok().json(json!({ "m.upload.size": call.app.media.max_upload() })))
}
