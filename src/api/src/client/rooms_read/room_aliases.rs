//! `GET /rooms/{roomId}/aliases`.

use std::sync::Arc;

use ruma::{RoomAliasId, api::client::room::aliases::v3};

use crate::{App, Error, Result, bridge::Ruma};

/// The aliases that this server has for a room.
pub(super) async fn aliases(app: Arc<App>, request: Ruma<v3::Request>) -> Result<v3::Response> {
    let aliases = app.rooms.aliases(&request.caller.user_id, &request.body.room_id).await?;
    let aliases = aliases.iter().map(RoomAliasId::parse).collect::<Result<_, _>>().map_err(Error::internal)?;
    Ok(v3::Response::new(aliases))
}
