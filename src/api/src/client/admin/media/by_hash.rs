//! Every file of one content, by its SHA-256.

use actix_web::HttpResponse;
use media::{ContentHash, Which};
use serde_json::json;

use super::{no_hash, nothing, require_admin};
use crate::{Result, bridge::Call};

/// `DELETE /_peerbrain/admin/v1/media/{sha256}`.
pub(super) async fn delete(call: Call) -> Result<HttpResponse> {
    require_admin(&call).await?;
    let deleted = call.app.media.delete(&content(&call)?).await?;
    Ok(HttpResponse::Ok().json(json!({ "total": deleted.files })))
}

/// `PUT /_peerbrain/admin/v1/media/{sha256}/quarantine`: also before it is ever uploaded.
pub(super) async fn quarantine(call: Call) -> Result<HttpResponse> {
    require_admin(&call).await?;
    call.app.media.quarantine(&content(&call)?).await?;
    Ok(nothing())
}

/// `DELETE /_peerbrain/admin/v1/media/{sha256}/quarantine`.
pub(super) async fn end_quarantine(call: Call) -> Result<HttpResponse> {
    require_admin(&call).await?;
    call.app.media.end_quarantine(&content(&call)?).await?;
    Ok(nothing())
}

fn content(call: &Call) -> Result<Which> {
    ContentHash::parse(call.arg(0)?).map(Which::Content).ok_or_else(no_hash)
}
