//! `POST /get_missing_events/{roomId}`.

use std::sync::Arc;

use federation::Cost;
use rooms::read::MissingEvents;
use ruma::api::federation::event::get_missing_events::v1::{Request, Response};

use crate::{App, Result, bridge::Ruma};

/// What lies between events that a server has and those of which it has heard.
pub(super) async fn missing_events(app: Arc<App>, request: Ruma<Request>) -> Result<Response> {
    let Ruma { body: Request { room_id, limit, min_depth, earliest_events, latest_events, .. }, caller, .. } = request;
    let _reading = app.federation.begin_read(&caller, Cost::Page).await?;
    let missing = MissingEvents {
        earliest: earliest_events,
        latest: latest_events,
        limit: usize::try_from(u64::from(limit)).unwrap_or(usize::MAX),
        min_depth: min_depth.into(),
    };
    Ok(Response::new(app.rooms.missing_events_for_server(&caller, &room_id, missing).await?))
}
