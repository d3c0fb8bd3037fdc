//! `PUT /rooms/{roomId}/redact/{eventId}/{txnId}`.

use std::sync::Arc;

use accounts::Limit;
use rooms::Origin;
use ruma::api::client::redact::redact_event::v3;

use crate::{App, Result, bridge::Ruma, client::rooms::resolve::check_transaction_id};

/// Empties an event.
pub(super) async fn redact(app: Arc<App>, request: Ruma<v3::Request>) -> Result<v3::Response> {
    let Ruma { body, caller, .. } = request;
    // Who is suspended may still take back what they wrote (client-server §account-suspension).
    if !app.rooms.is_author(&body.room_id, &caller.user_id, &body.event_id).await? {
        caller.require_active()?;
    }
    check_transaction_id(body.txn_id.as_str())?;
    app.accounts.limits().check(Limit::Message, &caller.user_id)?;
    let origin = Origin { device_id: caller.device_id.clone(), txn_id: body.txn_id.to_string() };
    let reason = body.reason.as_deref();
    let sent = app.rooms.redact(&body.room_id, &caller.user_id, &body.event_id, reason, origin).await?;
    Ok(v3::Response::new(sent.event_id))
}
