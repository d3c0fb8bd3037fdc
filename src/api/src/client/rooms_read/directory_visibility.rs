//! `GET` and `PUT /directory/list/room/{roomId}`.

use std::sync::Arc;

use accounts::Limit;
use ruma::api::client::{
    directory::{get_room_visibility, set_room_visibility},
    room::Visibility,
};

use crate::{App, Error, Result, bridge::Ruma};

/// Whether the directory lists a room.
pub(super) async fn get(
    app: Arc<App>,
    request: Ruma<get_room_visibility::v3::Request>,
) -> Result<get_room_visibility::v3::Response> {
    let published = app.rooms.is_published(&request.body.room_id).await?;
    let visibility = if published { Visibility::Public } else { Visibility::Private };
    Ok(get_room_visibility::v3::Response::new(visibility))
}

/// Puts a room into the directory, or takes it out.
pub(super) async fn put(
    app: Arc<App>,
    request: Ruma<set_room_visibility::v3::Request>,
) -> Result<set_room_visibility::v3::Response> {
    let Ruma { body, caller, .. } = request;
    caller.require_active()?;
    app.accounts.limits().check(Limit::Write, &caller.user_id)?;
    let published = match body.visibility {
        Visibility::Public => true,
        Visibility::Private => false,
        other => return Err(Error::invalid_param(format!("there is no visibility {:?}", other.as_str()))),
    };
    app.rooms.publish(&caller.user_id, &body.room_id, published, caller.admin).await?;
    Ok(set_room_visibility::v3::Response::new())
}
