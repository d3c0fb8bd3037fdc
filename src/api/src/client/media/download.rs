//! `GET /_matrix/client/v1/media/download/{serverName}/{mediaId}/{fileName}`, and its deprecated twin, which is frozen:
//! there one gets only what was uploaded, or fetched from another server, while the operator wished it so.

use std::time::Duration;

use accounts::{Limit, rate_limits::address_key};
use actix_web::HttpResponse;

use crate::{
    Result,
    bridge::Call,
    client::{
        arguments::{limit_address, required_session},
        media::{
            answer::{Shown, answer},
            arguments::{Which, wait, which, which_old},
        },
    },
};

/// Gives a file to somebody with a token.
pub(super) async fn download(call: Call) -> Result<HttpResponse> {
    let session = required_session(&call).await?;
    let (wait, app) = (wait(&call)?, &call.app);
    let limit = || app.accounts.limits().check(Limit::RemoteFile, &session.user_id);
    let file = match which(&call)? {
        Which::Own(id) => app.media.download(id, wait).await?,
        Which::Remote(server, id) => app.federation.download(&server, id, wait, false, limit).await?,
    };
    Ok(answer(&call, file, Shown::File { name: call.args.get(2).map(String::as_str) }))
}

/// Gives a file to anybody.
pub(super) async fn download_open(call: Call) -> Result<HttpResponse> {
    limit_address(&call, Limit::Read)?;
    let app = &call.app;
    let limit = || app.accounts.limits().check(Limit::RemoteFile, call.client.ip.map(address_key));
    let file = match which_old(&call)? {
        Which::Own(id) => app.media.download_open(id).await?,
        Which::Remote(server, id) => app.federation.download(&server, id, Duration::ZERO, true, limit).await?,
    };
    Ok(answer(&call, file, Shown::File { name: call.args.get(2).map(String::as_str) }))
}
