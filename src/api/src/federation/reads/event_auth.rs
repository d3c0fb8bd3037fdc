//! `GET /event_auth/{roomId}/{eventId}`.

use std::sync::Arc;

use federation::Cost;
use ruma::api::federation::authorization::get_event_authorization::v1::{Request, Response};

use crate::{App, Result, bridge::Ruma};

/// The full auth chain of an event.
pub(super) async fn event_auth(app: Arc<App>, request: Ruma<Request>) -> Result<Response> {
    let Ruma { body: Request { room_id, event_id, .. }, caller, .. } = request;
    let _reading = app.federation.begin_read(&caller, Cost::Whole).await?;
    Ok(Response::new(app.rooms.event_auth_for_server(&caller, &room_id, &event_id).await?))
}
