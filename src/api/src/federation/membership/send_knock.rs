//! `PUT /send_knock`: a user of another server asks to be let in.

use std::sync::Arc;

use rooms::foreign::Handshake;
use ruma::api::federation::membership::{RawStrippedState, create_knock_event::v1};

use crate::{App, Result, bridge::Ruma};

/// Puts the knock into the room, and shows what room it is.
pub(super) async fn send_knock(app: Arc<App>, request: Ruma<v1::Request>) -> Result<v1::Response> {
    let Ruma { body, caller, .. } = request;
    app.federation.accept(&caller, Handshake::Knock, &body.room_id, &body.event_id, body.pdu).await?;
    let shown = app.rooms.knock_state(&body.room_id).await?;
    Ok(v1::Response::new(shown.into_iter().map(RawStrippedState::Pdu).collect()))
}
