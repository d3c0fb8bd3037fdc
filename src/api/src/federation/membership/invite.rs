//! `PUT /invite`: one of our users is invited elsewhere.

use std::sync::Arc;

use actix_web::HttpResponse;
use ruma::{
    RoomVersionId,
    api::federation::{authentication::ServerSignatures, membership::create_invite::v2},
};

use crate::{
    App, Error, Result,
    bridge::{Authenticate, Call, Ruma},
};

/// Signs the invite, and has the user hear of it.
pub(super) async fn invite(app: Arc<App>, request: Ruma<v2::Request>) -> Result<v2::Response> {
    let Ruma { body, caller, .. } = request;
    let v2::Request { room_id, event_id, room_version, event, invite_room_state, .. } = body;
    let signed =
        app.federation.take_invite(&caller, &room_id, &event_id, room_version, event, invite_room_state).await?;
    Ok(v2::Response::new(signed))
}

/// The first version is for rooms of versions 1 and 2, which are not spoken here.
pub(super) async fn first_version(call: Call) -> Result<HttpResponse> {
    ServerSignatures::authenticate(&call).await?;
    Err(Error::from(rooms::Error::IncompatibleRoomVersion(RoomVersionId::V1)))
}
