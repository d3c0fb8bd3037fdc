//! `GET /media/thumbnail/{mediaId}`.

use accounts::Limit;
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
    let origin = ServerSignatures::authenticate(&call).await?;
    // It may wait for long, which is no reason to hold up what else the server reads.
    call.app.accounts.limits().check(Limit::OtherServerReads, &*origin)?;
    let thumbnail = call.app.media.thumbnail(call.arg(0)?, wanted(&call)?, wait(&call)?).await?;
    let disposition = of_thumbnail(&thumbnail.content_type);
    Ok(in_parts(thumbnail, &disposition))
}
