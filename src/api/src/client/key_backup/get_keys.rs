//! `GET /room_keys/keys`, `/room_keys/keys/{roomId}` and `/room_keys/keys/{roomId}/{sessionId}`.

use actix_web::HttpResponse;
use bytes::Bytes;
use e2ee::key_backup::BackupPages;
use futures_util::stream::try_unfold;

use super::version;
use crate::{Result, bridge::Call, client::arguments::required_session};

/// Gives all keys of a version.
pub(super) async fn all(call: Call) -> Result<HttpResponse> {
    pages(&call, None).await
}

/// Gives the keys of one room.
pub(super) async fn of_room(call: Call) -> Result<HttpResponse> {
    pages(&call, Some(call.arg(0)?)).await
}

/// Gives one key.
pub(super) async fn one(call: Call) -> Result<HttpResponse> {
    let session = required_session(&call).await?;
    let place = (call.arg(0)?, call.arg(1)?);
    let key = call.app.e2ee.backup_key(&session.user_id, &version(&call)?, place).await?;
    Ok(HttpResponse::Ok().content_type("application/json").body(key))
}

async fn pages(call: &Call, room_id: Option<&str>) -> Result<HttpResponse> {
    let session = required_session(call).await?;
    let mut pages = call.app.e2ee.read_backup(&session.user_id, &version(call)?, room_id).await?;
    let first = pages.next().await?.unwrap_or_default();
    let mut response = HttpResponse::Ok();
    response.content_type("application/json");
    if pages.is_done() {
        return Ok(response.body(first));
    }
    // An error breaks the answer off: the client must not take a part for the whole.
    let stream = try_unfold((Some(first), pages), next);
    Ok(response.streaming(stream))
}

type State = (Option<String>, BackupPages);

async fn next((first, mut pages): State) -> Result<Option<(Bytes, State)>, e2ee::Error> {
    let page = match first {
        Some(first) => Some(first),
        None => pages.next().await.inspect_err(|error| tracing::warn!(%error, "a key backup breaks off"))?,
    };
    Ok(page.map(|page| (page.into(), (None, pages))))
}
