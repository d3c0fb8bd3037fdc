//! `POST /rooms/{roomId}/kick`.

use std::sync::Arc;

use accounts::Limit;
use ruma::api::client::membership::kick_user::v3;

use crate::{App, Result, bridge::Ruma};

/// Sends another user out of a room.
pub(super) async fn kick(app: Arc<App>, request: Ruma<v3::Request>) -> Result<v3::Response> {
    let Ruma { body, caller, .. } = request;
    caller.require_active()?;
    app.accounts.limits().check(Limit::Message, &caller.user_id)?;
    app.rooms.kick(&body.room_id, &caller.user_id, &body.user_id, body.reason).await?;
    Ok(v3::Response::new())
}
