//! `GET /media/download/{mediaId}`.

use accounts::Limit;
use actix_web::HttpResponse;
use ruma::api::federation::authentication::ServerSignatures;

use super::parts::in_parts;
use crate::{
    Result,
    bridge::{Authenticate as _, Call},
    client::media::{arguments::wait, disposition::disposition},
};

/// A file.
pub(super) async fn download(call: Call) -> Result<HttpResponse> {
    let origin = ServerSignatures::authenticate(&call).await?;
    // It may wait for long, which is no reason to hold up what else the server reads.
    call.app.accounts.limits().check(Limit::OtherServerReads, &*origin)?;
    let file = call.app.media.download(call.arg(0)?, wait(&call)?).await?;
    let disposition = disposition(&file.content_type, file.file_name.as_deref());
    Ok(in_parts(file, &disposition))
}
