//! `POST /knock/{roomIdOrAlias}`.

use std::sync::Arc;

use accounts::Limit;
use ruma::api::client::knock::knock_room::v3;

use crate::{App, Result, bridge::Ruma, client::rooms::resolve::room_and_servers};

/// Asks to be let into a room.
pub(super) async fn knock(app: Arc<App>, request: Ruma<v3::Request>) -> Result<v3::Response> {
    let Ruma { body, caller, .. } = request;
    caller.require_active()?;
    app.accounts.limits().check(Limit::Join, &caller.user_id)?;
    let (room_id, via) = room_and_servers(&app, body.room_id_or_alias, body.via).await?;
    app.federation.knock(&room_id, &caller.user_id, via, body.reason).await?;
    Ok(v3::Response::new(room_id))
}
