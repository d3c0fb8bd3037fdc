//! `PUT /rooms/{roomId}/state/{eventType}/{stateKey}`.

use std::sync::Arc;

use accounts::Limit;
use ruma::{api::client::state::send_state_event::v3, events::TimelineEventType};

use crate::{App, Result, bridge::Ruma};

/// Sets a key of a room's state.
pub(super) async fn send_state(app: Arc<App>, request: Ruma<v3::Request>) -> Result<v3::Response> {
    let Ruma { body, caller, .. } = request;
    caller.require_active()?;
    let event_type = TimelineEventType::from(body.event_type.to_string());
    let membership = match event_type {
        TimelineEventType::RoomMember => body.body.get_field::<String>("membership").ok().flatten(),
        _ => None,
    };
    let limit = match membership.as_deref() {
        Some("invite") => Limit::Invite,
        Some("join" | "knock") => Limit::Join,
        _ => Limit::Message,
    };
    app.accounts.limits().check(limit, &caller.user_id)?;
    let content = body.body.json();
    let sent = app.rooms.send_state(&body.room_id, &caller.user_id, event_type, &body.state_key, content, None).await?;
    Ok(v3::Response::new(sent.event_id))
}
