//! `GET /rooms/{roomId}/threads`.

use std::sync::Arc;

use rooms::read::ThreadsRequest;
use ruma::{
    api::client::threads::get_threads::v1::{self, IncludeThreads},
    serde::Raw,
};

use crate::{
    App, Error, Result,
    bridge::Ruma,
    client::rooms_read::{reader, token},
};

/// How many threads a page has if the client does not say.
const DEFAULT_LIMIT: usize = 20;

/// A page of threads.
pub(super) async fn threads(app: Arc<App>, request: Ruma<v1::Request>) -> Result<v1::Response> {
    let Ruma { body, caller, .. } = request;
    let participated = match body.include {
        IncludeThreads::All => false,
        IncludeThreads::Participated => true,
        _ => return Err(Error::invalid_param("`include` is `all` or `participated`")),
    };
    let limit = match body.limit.map(|limit| usize::try_from(u64::from(limit)).unwrap_or(usize::MAX)) {
        Some(0) => return Err(Error::invalid_param("`limit` is greater than zero")),
        limit => limit.unwrap_or(DEFAULT_LIMIT),
    };
    let reader = reader(&app, &caller).await?;
    let request = ThreadsRequest { from: token(body.from.as_deref())?, participated, limit };
    let threads = app.rooms.threads(&reader, &body.room_id, request).await?;
    let mut response = v1::Response::new(threads.chunk.into_iter().map(Raw::from_json).collect());
    response.next_batch = threads.next.map(|token| token.to_string());
    Ok(response)
}
