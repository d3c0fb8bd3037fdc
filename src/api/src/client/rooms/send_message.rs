//! `PUT /rooms/{roomId}/send/{eventType}/{txnId}`.

use std::sync::Arc;

use accounts::Limit;
use rooms::Origin;
use ruma::{api::client::message::send_message_event::v3, events::TimelineEventType};

use crate::{App, Result, bridge::Ruma, client::rooms::resolve::check_transaction_id};

/// Sends a message event.
pub(super) async fn send_message(app: Arc<App>, request: Ruma<v3::Request>) -> Result<v3::Response> {
    let Ruma { body, caller, .. } = request;
    caller.require_active()?;
    check_transaction_id(body.txn_id.as_str())?;
    app.accounts.limits().check(Limit::Message, &caller.user_id)?;
    let event_type = TimelineEventType::from(body.event_type.to_string());
    let origin = Origin { device_id: caller.device_id.clone(), txn_id: body.txn_id.to_string() };
    let (rooms, content) = (&app.rooms, body.body.json());
    // Only application services may choose the time of an event.
    let sent = rooms.send_message(&body.room_id, &caller.user_id, event_type, content, origin, None).await?;
    Ok(v3::Response::new(sent.event_id))
}
