//! `GET /joined_rooms`.

use std::sync::Arc;

use ruma::{RoomId, api::client::membership::joined_rooms::v3};

use crate::{App, Error, Result, bridge::Ruma};

/// The rooms that the user is joined to.
pub(super) async fn joined_rooms(app: Arc<App>, request: Ruma<v3::Request>) -> Result<v3::Response> {
    let rooms = app.rooms.joined_rooms(&request.caller.user_id).await?;
    let rooms = rooms.iter().map(RoomId::parse).collect::<Result<_, _>>().map_err(Error::internal)?;
    Ok(v3::Response::new(rooms))
}
