//! `POST /rooms/{roomId}/join` and `POST /join/{roomIdOrAlias}`.

use std::sync::Arc;

use accounts::{Limit, Session};
use ruma::api::client::membership::{join_room_by_id, join_room_by_id_or_alias};

use crate::{App, Result, bridge::Ruma, client::rooms::resolve::room_and_servers};

/// Joins a room by its id.
pub(super) async fn by_id(
    app: Arc<App>,
    request: Ruma<join_room_by_id::v3::Request>,
) -> Result<join_room_by_id::v3::Response> {
    let Ruma { body, caller, .. } = request;
    check(&app, &caller)?;
    app.federation.join(&body.room_id, &caller.user_id, Vec::new(), body.reason).await?;
    Ok(join_room_by_id::v3::Response::new(body.room_id))
}

/// Joins a room by its id or an alias.
pub(super) async fn by_id_or_alias(
    app: Arc<App>,
    request: Ruma<join_room_by_id_or_alias::v3::Request>,
) -> Result<join_room_by_id_or_alias::v3::Response> {
    let Ruma { body, caller, .. } = request;
    check(&app, &caller)?;
    let (room_id, via) = room_and_servers(&app, body.room_id_or_alias, body.via).await?;
    app.federation.join(&room_id, &caller.user_id, via, body.reason).await?;
    Ok(join_room_by_id_or_alias::v3::Response::new(room_id))
}

fn check(app: &App, caller: &Session) -> Result<()> {
    caller.require_active()?;
    Ok(app.accounts.limits().check(Limit::Join, &caller.user_id)?)
}
