//! One file, by server name and media id.

use actix_web::HttpResponse;
use media::Which;
use serde_json::json;

use super::{described, nothing, require_admin};
use crate::{Error, Result, bridge::Call};

/// `GET /_synapse/admin/v1/media/{serverName}/{mediaId}`.
pub(super) async fn look(call: Call) -> Result<HttpResponse> {
    require_admin(&call).await?;
    let file = call.app.media.file(id(&call)?).await?;
    Ok(HttpResponse::Ok().json(json!({ "media_info": described(&file) })))
}

/// `DELETE /_synapse/admin/v1/media/{serverName}/{mediaId}`.
pub(super) async fn delete(call: Call) -> Result<HttpResponse> {
    require_admin(&call).await?;
    let id = id(&call)?;
    call.app.media.delete(&Which::Id(id.to_owned())).await?;
    Ok(HttpResponse::Ok().json(json!({ "deleted_media": [id], "total": 1 })))
}

/// `POST /_synapse/admin/v1/media/quarantine/{serverName}/{mediaId}`.
pub(super) async fn quarantine(call: Call) -> Result<HttpResponse> {
    require_admin(&call).await?;
    call.app.media.quarantine(&Which::Id(id(&call)?.to_owned())).await?;
    Ok(nothing())
}

/// `POST /_synapse/admin/v1/media/unquarantine/{serverName}/{mediaId}`.
pub(super) async fn end_quarantine(call: Call) -> Result<HttpResponse> {
    require_admin(&call).await?;
    call.app.media.end_quarantine(&Which::Id(id(&call)?.to_owned())).await?;
    Ok(nothing())
}

/// The media id; only our own files are here.
fn id(call: &Call) -> Result<&str> {
    if call.arg(0)? != call.app.media.server_name().as_str() {
        return Err(Error::not_found("there is no such media"));
    }
    call.arg(1)
}
