//! `GET /rooms/{roomId}/event/{eventId}`.

use std::sync::Arc;

use ruma::{api::client::room::get_room_event::v3, serde::Raw};

use crate::{App, Result, bridge::Ruma, client::rooms_read::reader::reader};

/// One event.
pub(super) async fn event(app: Arc<App>, request: Ruma<v3::Request>) -> Result<v3::Response> {
    let Ruma { body, caller, .. } = request;
    let reader = reader(&app, &caller).await?;
    let event = app.federation.event(&reader, &body.room_id, &body.event_id).await?;
    Ok(v3::Response::new(Raw::from_json(event)))
}
