//! `GET /media/thumbnail/{mediaId}`.

use actix_web::HttpResponse;
use ruma::api::federation::authentication::ServerSignatures;

use super::parts::in_parts;
use crate::{
    Result,
    bridge::{Authenticate as _, Call},
    client::media::{answer::of_thumbnail, arguments::wait, thumbnail::wanted},
};

/// A thumbnail of a file.
pub(super) async fn thumbnail(call: Call) -> Result<HttpResponse> {
    ServerSignatures::authenticate(&call).await?;
    let thumbnail = call.app.media.thumbnail(call.arg(0)?, wanted(&call)?, wait(&call)?).await?;
    let disposition = of_thumbnail(&thumbnail.content_type);
    Ok(in_parts(thumbnail, &disposition))
}
