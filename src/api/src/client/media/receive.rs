//! Receiving the body of an upload.

use std::time::Duration;

use actix_web::{HttpResponse, web::Payload};
use futures_util::StreamExt as _;
use media::{Incoming, Label};
use peerbrain_core::limits;
use serde::Deserialize;
use tokio::time::timeout;

use crate::{
    Error, Result,
    bridge::{self, Call},
};

/// How long a client may send nothing.
const SILENCE: Duration = Duration::from_secs(30);

#[derive(Deserialize)]
struct Named {
    filename: Option<String>,
}

/// What the client says of its file.
pub(super) fn label(call: &Call) -> Result<Label> {
    let content_type = call.headers().get("content-type").and_then(|value| value.to_str().ok()).map(str::to_owned);
    Ok(Label { content_type, file_name: call.query::<Named>()?.filename })
}

/// Hands the body on as it comes.
pub(super) async fn receive(payload: &mut Payload, incoming: &mut Incoming) -> Result<()> {
    let late = |_| Error::new(408, "M_UNKNOWN", "The body took too long");
    while let Some(chunk) = timeout(SILENCE, payload.next()).await.map_err(late)? {
        let chunk = chunk.map_err(|error| Error::new(400, "M_UNKNOWN", format!("the body broke off: {error}")))?;
        incoming.write(&chunk).await?;
    }
    Ok(())
}

/// Refuses an upload.
pub(super) async fn refuse(call: &Call, mut payload: Payload, error: Error) -> HttpResponse {
    let known = !matches!(error.status(), 401 | 429);
    let most = if known { call.app.media.max_upload() } else { limits::CLIENT_BODY_BYTES as u64 };
    bridge::refuse(call, &mut payload, most, error).await
}
