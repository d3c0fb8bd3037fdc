//! `GET /_matrix/client/v1/media/download/{serverName}/{mediaId}/{fileName}`, and its deprecated twin, which is frozen:
//! there one gets only what was uploaded while the operator wished it so.

use accounts::Limit;
use actix_web::HttpResponse;

use crate::{
    Result,
    bridge::Call,
    client::{
        arguments::{limit_address, required_session},
        media::{
            answer::{Shown, answer},
            arguments::{media_id, wait},
        },
    },
};

/// Gives a file to somebody with a token.
pub(super) async fn download(call: Call) -> Result<HttpResponse> {
    required_session(&call).await?;
    let file = call.app.media.download(media_id(&call)?, wait(&call)?).await?;
    Ok(answer(&call, file, Shown::File { name: call.args.get(2).map(String::as_str) }))
}

/// Gives a file to anybody.
pub(super) async fn download_open(call: Call) -> Result<HttpResponse> {
    limit_address(&call, Limit::Read)?;
    let file = call.app.media.download_open(media_id(&call)?).await?;
    Ok(answer(&call, file, Shown::File { name: call.args.get(2).map(String::as_str) }))
}
