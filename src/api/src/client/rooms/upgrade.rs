//! `POST /rooms/{roomId}/upgrade`.

use std::sync::Arc;

use accounts::Limit;
use ruma::api::client::room::upgrade_room::v3;

use crate::{App, Result, bridge::Ruma};

/// Replaces a room by one of another version.
pub(super) async fn upgrade(app: Arc<App>, request: Ruma<v3::Request>) -> Result<v3::Response> {
    let Ruma { body, caller, .. } = request;
    caller.require_active()?;
    app.accounts.limits().check(Limit::CreateRoom, &caller.user_id)?;
    let creators = body.additional_creators;
    let new = app.rooms.upgrade(&body.room_id, &caller.user_id, body.new_version, creators).await?;
    Ok(v3::Response::new(new))
}
