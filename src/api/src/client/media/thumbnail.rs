//! `GET /_matrix/client/v1/media/thumbnail/{serverName}/{mediaId}`, and its deprecated twin, which is frozen.

use accounts::Limit;
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
            arguments::{media_id, wait},
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
    required_session(&call).await?;
    let thumbnail = call.app.media.thumbnail(media_id(&call)?, wanted(&call)?, wait(&call)?).await?;
    Ok(answer(&call, thumbnail, Shown::Thumbnail))
}

/// Gives a thumbnail to anybody.
pub(super) async fn thumbnail_open(call: Call) -> Result<HttpResponse> {
    limit_address(&call, Limit::Read)?;
    let thumbnail = call.app.media.thumbnail_open(media_id(&call)?, wanted(&call)?).await?;
    Ok(answer(&call, thumbnail, Shown::Thumbnail))
}

fn wanted(call: &Call) -> Result<Wanted> {
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
