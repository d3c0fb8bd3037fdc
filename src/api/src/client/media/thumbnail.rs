//! `GET /_matrix/client/v1/media/thumbnail/{serverName}/{mediaId}`, and its deprecated twin, which is frozen.

use std::time::Duration;

use accounts::{Limit, rate_limits::address_key};
use actix_web::HttpResponse;
use media::{Method, Wanted};
use serde::Deserialize;

use crate::{
    Error, Result,
    bridge::Call,
    client::{
        arguments::{limit_address, required_session},
        media::{
            answer::{Shown, answer},
            arguments::{Which, wait, which, which_old},
        },
    },
};

#[derive(Deserialize)]
struct Query {
    width: Option<u32>,
    height: Option<u32>,
    method: Option<MethodName>,
    animated: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum MethodName {
    Crop,
    Scale,
}

/// Gives a thumbnail to somebody with a token.
pub(super) async fn thumbnail(call: Call) -> Result<HttpResponse> {
    let session = required_session(&call).await?;
    let (wanted, wait, app) = (wanted(&call)?, wait(&call)?, &call.app);
    let limit = || app.accounts.limits().check(Limit::RemoteFile, &session.user_id);
    let thumbnail = match which(&call)? {
        Which::Own(id) => app.media.thumbnail(id, wanted, wait).await?,
        Which::Remote(server, id) => app.federation.thumbnail(&server, id, wanted, wait, false, limit).await?,
    };
    Ok(answer(&call, thumbnail, Shown::Thumbnail))
}

/// Gives a thumbnail to anybody.
pub(super) async fn thumbnail_open(call: Call) -> Result<HttpResponse> {
    limit_address(&call, Limit::Read)?;
    let (wanted, app) = (wanted(&call)?, &call.app);
    let limit = || app.accounts.limits().check(Limit::RemoteFile, call.client.ip.map(address_key));
    let thumbnail = match which_old(&call)? {
        Which::Own(id) => app.media.thumbnail_open(id, wanted).await?,
        Which::Remote(server, id) => app.federation.thumbnail(&server, id, wanted, Duration::ZERO, true, limit).await?,
    };
    Ok(answer(&call, thumbnail, Shown::Thumbnail))
}

/// What thumbnail is asked for.
pub(crate) fn wanted(call: &Call) -> Result<Wanted> {
    let query: Query = call.query()?;
    let missing = |name: &str| Error::new(400, "M_MISSING_PARAM", format!("{name} is missing"));
    Ok(Wanted {
        width: query.width.ok_or_else(|| missing("width"))?,
        height: query.height.ok_or_else(|| missing("height"))?,
        method: match query.method {
            Some(MethodName::Crop) => Method::Crop,
            Some(MethodName::Scale) | None => Method::Scale,
        },
        animated: query.animated.unwrap_or(false),
    })
}
