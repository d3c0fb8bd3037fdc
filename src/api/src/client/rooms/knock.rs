//! `POST /knock/{roomIdOrAlias}`.

use std::sync::Arc;

use accounts::Limit;
use ruma::api::client::knock::knock_room::v3;

use crate::{App, Result, bridge::Ruma, client::rooms::resolve::room_of};

/// Asks to be let into a room.
pub(super) async fn knock(app: Arc<App>, request: Ruma<v3::Request>) -> Result<v3::Response> {
    let Ruma { body, caller, .. } = request;
    caller.require_active()?;
    app.accounts.limits().check(Limit::Join, &caller.user_id)?;
    let room_id = room_of(&app, body.room_id_or_alias).await?;
    app.rooms.knock(&room_id, &caller.user_id, body.reason).await?;
    Ok(v3::Response::new(room_id))
}
