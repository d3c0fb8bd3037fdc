//! `POST /rooms/{roomId}/join` and `POST /join/{roomIdOrAlias}`.

use std::sync::Arc;

use accounts::{Limit, Session};
use ruma::{
    RoomId,
    api::client::membership::{join_room_by_id, join_room_by_id_or_alias},
};

use crate::{App, Result, bridge::Ruma, client::rooms::resolve::room_of};

/// Joins a room by its id.
pub(super) async fn by_id(
    app: Arc<App>,
    request: Ruma<join_room_by_id::v3::Request>,
) -> Result<join_room_by_id::v3::Response> {
    let Ruma { body, caller, .. } = request;
    join(&app, &caller, &body.room_id, body.reason).await?;
    Ok(join_room_by_id::v3::Response::new(body.room_id))
}

/// Joins a room by its id or an alias.
pub(super) async fn by_id_or_alias(
    app: Arc<App>,
    request: Ruma<join_room_by_id_or_alias::v3::Request>,
) -> Result<join_room_by_id_or_alias::v3::Response> {
    let Ruma { body, caller, .. } = request;
    let room_id = room_of(&app, body.room_id_or_alias).await?;
    join(&app, &caller, &room_id, body.reason).await?;
    Ok(join_room_by_id_or_alias::v3::Response::new(room_id))
}

async fn join(app: &App, caller: &Session, room_id: &RoomId, reason: Option<String>) -> Result<()> {
    caller.require_active()?;
    app.accounts.limits().check(Limit::Join, &caller.user_id)?;
    Ok(app.rooms.join(room_id, &caller.user_id, reason).await?)
}
