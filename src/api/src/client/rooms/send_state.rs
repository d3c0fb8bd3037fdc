//! `PUT /rooms/{roomId}/state/{eventType}/{stateKey}`.

use std::sync::Arc;

use accounts::{JsonObject, Limit};
use rooms::foreign::InviteContent;
use ruma::{OwnedUserId, UserId, api::client::state::send_state_event::v3, events::TimelineEventType};
use serde_json::Value;

use crate::{App, Result, bridge::Ruma};

/// Sets a key of a room's state.
pub(super) async fn send_state(app: Arc<App>, request: Ruma<v3::Request>) -> Result<v3::Response> {
    let Ruma { body, caller, .. } = request;
    caller.require_active()?;
    let event_type = TimelineEventType::from(body.event_type.to_string());
    // Read whole: of a key that is there twice the last one counts.
    let content: JsonObject = match event_type {
        TimelineEventType::RoomMember => serde_json::from_str(body.body.json().get()).unwrap_or_default(),
        _ => JsonObject::new(),
    };
    let limit = match content.get("membership").and_then(Value::as_str) {
        Some("invite") => Limit::Invite,
        Some("join" | "knock") => Limit::Join,
        _ => Limit::Message,
    };
    // Guests join and leave, and do no more with memberships.
    let of_another = caller.guest && event_type == TimelineEventType::RoomMember && body.state_key != caller.user_id;
    if of_another || caller.guest && limit == Limit::Invite {
        return Err(accounts::Error::GuestsForbidden.into());
    }
    app.accounts.limits().check(limit, &caller.user_id)?;
    if let Some(target) = invited_elsewhere(&app, &event_type, &body.state_key, &content) {
        let content = invite_content(&content);
        let invite = app.federation.invite_elsewhere(&body.room_id, &caller.user_id, &target, content);
        return Ok(v3::Response::new(invite.await?));
    }
    let content = body.body.json();
    let sent = app.rooms.send_state(&body.room_id, &caller.user_id, event_type, &body.state_key, content, None).await?;
    Ok(v3::Response::new(sent.event_id))
}

/// The user of another server whom this invites. Their server must sign the invite, as for `POST /invite`.
fn invited_elsewhere(
    app: &App,
    event_type: &TimelineEventType,
    state_key: &str,
    content: &JsonObject,
) -> Option<OwnedUserId> {
    let invites = *event_type == TimelineEventType::RoomMember
        && content.get("membership").and_then(Value::as_str) == Some("invite");
    let target = UserId::parse(state_key).ok().filter(|_| invites)?;
    (!app.rooms.is_local(&target)).then_some(target)
}

fn invite_content(content: &JsonObject) -> InviteContent {
    InviteContent {
        reason: content.get("reason").and_then(Value::as_str).map(str::to_owned),
        is_direct: content.get("is_direct").and_then(Value::as_bool).unwrap_or(false),
        third_party_invite: content.get("third_party_invite").cloned(),
    }
}
