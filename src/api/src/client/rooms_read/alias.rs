//! `PUT`, `DELETE` and `GET /directory/room/{roomAlias}`.

use std::sync::Arc;

use accounts::Limit;
use ruma::api::client::alias::{create_alias, delete_alias, get_alias};

use crate::{App, Error, Result, bridge::Ruma, client::arguments::limit_client};

/// Makes an alias.
pub(super) async fn create(
    app: Arc<App>,
    request: Ruma<create_alias::v3::Request>,
) -> Result<create_alias::v3::Response> {
    let Ruma { body, caller, .. } = request;
    caller.require_active()?;
    app.accounts.limits().check(Limit::Write, &caller.user_id)?;
    match app.rooms.create_alias(&caller.user_id, &body.room_alias, &body.room_id).await {
        Ok(()) => Ok(create_alias::v3::Response::new()),
        // The directory has its own code for what createRoom calls `M_ROOM_IN_USE`.
        Err(error @ rooms::Error::AliasInUse) => Err(Error::new(409, "M_UNKNOWN", error.to_string())),
        Err(error) => Err(error.into()),
    }
}

/// Removes an alias.
pub(super) async fn delete(
    app: Arc<App>,
    request: Ruma<delete_alias::v3::Request>,
) -> Result<delete_alias::v3::Response> {
    let Ruma { body, caller, .. } = request;
    caller.require_active()?;
    app.accounts.limits().check(Limit::Write, &caller.user_id)?;
    app.rooms.delete_alias(&caller.user_id, &body.room_alias, caller.admin).await?;
    Ok(delete_alias::v3::Response::new())
}

/// Where an alias leads, of this server or another.
pub(super) async fn resolve(app: Arc<App>, request: Ruma<get_alias::v3::Request>) -> Result<get_alias::v3::Response> {
    let Ruma { body, client, .. } = request;
    if body.room_alias.server_name() == app.federation.server_name() {
        let found = app.rooms.resolve_alias(&body.room_alias).await?;
        return Ok(get_alias::v3::Response::new(found.room_id, found.servers));
    }
    limit_client(&app, &client, Limit::Write)?;
    let (room_id, servers) = app.federation.resolve_alias(&body.room_alias).await?;
    Ok(get_alias::v3::Response::new(room_id, servers))
}
