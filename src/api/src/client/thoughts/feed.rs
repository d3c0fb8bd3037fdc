//! `GET /_matrix/client/unstable/org.peerbrain/feed`.

use actix_web::HttpResponse;
use serde::Deserialize;
use thoughts::FeedRequest;
use vocabulary::FeedFilter;

use crate::{
    Error, Result,
    bridge::Call,
    client::{arguments::required_session, rooms_read::reader::reader},
};

/// The longest filter, in bytes.
const MAX_FILTER_BYTES: usize = 65_536;

#[derive(Deserialize)]
struct Query {
    dir: Option<String>,
    from: Option<String>,
    limit: Option<u32>,
    filter: Option<String>,
}

/// A page of the caller's feed.
pub(super) async fn feed(call: Call) -> Result<HttpResponse> {
    let session = required_session(&call).await?;
    let query: Query = call.query()?;
    let forward = match query.dir.as_deref() {
        None | Some("b") => false,
        Some("f") => true,
        Some(_) => return Err(Error::invalid_param("dir is b or f")),
    };
    let filter = match query.filter.as_deref() {
        Some(text) if text.len() > MAX_FILTER_BYTES => return Err(Error::invalid_param("the filter is too long")),
        Some(text) => serde_json::from_str(text).map_err(|error| Error::invalid_param(format!("filter: {error}")))?,
        None => FeedFilter::default(),
    };
    let reader = reader(&call.app, &session).await?;
    let request = FeedRequest { forward, from: query.from, limit: query.limit, filter };
    Ok(HttpResponse::Ok().json(call.app.thoughts.feed(&reader, request).await?))
}
