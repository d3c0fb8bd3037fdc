//! `GET /event/{eventId}`.

use std::sync::Arc;

use federation::Cost;
use ruma::api::federation::event::get_event::v1::{Request, Response};

use crate::{App, Result, bridge::Ruma};

/// One event.
pub(super) async fn event(app: Arc<App>, request: Ruma<Request>) -> Result<Response> {
    let _reading = app.federation.begin_read(&request.caller, Cost::One).await?;
    let pdu = app.rooms.event_for_server(&request.caller, &request.body.event_id).await?;
    Ok(Response::new(app.federation.server_name().to_owned(), app.clock.now(), pdu))
}
