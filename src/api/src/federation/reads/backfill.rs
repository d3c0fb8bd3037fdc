//! `GET /backfill/{roomId}`.

use std::sync::Arc;

use federation::Cost;
use ruma::api::federation::backfill::get_backfill::v1::{Request, Response};

use crate::{App, Result, bridge::Ruma};

/// Some events and those before them.
pub(super) async fn backfill(app: Arc<App>, request: Ruma<Request>) -> Result<Response> {
    let Ruma { body: Request { room_id, v, limit, .. }, caller, .. } = request;
    let _reading = app.federation.begin_read(&caller, Cost::Page).await?;
    let limit = usize::try_from(u64::from(limit)).unwrap_or(usize::MAX);
    let pdus = app.rooms.backfill_for_server(&caller, &room_id, v, limit).await?;
    Ok(Response::new(app.federation.server_name().to_owned(), app.clock.now(), pdus))
}
