//! `GET /rooms/{roomId}/state`.

use std::sync::Arc;

use ruma::{api::client::state::get_state_events::v3, serde::Raw};

use crate::{App, Result, bridge::Ruma, client::rooms_read::reader::reader};

/// The state of a room.
pub(super) async fn state(app: Arc<App>, request: Ruma<v3::Request>) -> Result<v3::Response> {
    let Ruma { body, caller, .. } = request;
    let reader = reader(&app, &caller).await?;
    let state = app.rooms.state(&reader, &body.room_id).await?;
    Ok(v3::Response::new(state.into_iter().map(Raw::from_json).collect()))
}
