//! `POST /rooms/{roomId}/leave`.

use std::sync::Arc;

use accounts::Limit;
use ruma::api::client::membership::leave_room::v3;

use crate::{App, Result, bridge::Ruma};

/// Leaves a room, declines an invite or takes back a knock.
pub(super) async fn leave(app: Arc<App>, request: Ruma<v3::Request>) -> Result<v3::Response> {
    let Ruma { body, caller, .. } = request;
    app.accounts.limits().check(Limit::Message, &caller.user_id)?;
    app.federation.leave(&body.room_id, &caller.user_id, body.reason).await?;
    Ok(v3::Response::new())
}
