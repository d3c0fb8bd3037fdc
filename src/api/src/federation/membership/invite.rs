//! `PUT /invite`: one of our users is invited elsewhere.

use actix_web::HttpResponse;
use ruma::{
    RoomVersionId,
    api::federation::{authentication::ServerSignatures, membership::RawStrippedState},
};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{
    Error, Result,
    bridge::{Authenticate, Call},
    federation::arguments,
};

/// The body. ruma's type refuses one without state beside the invite, which some servers send.
#[derive(Deserialize)]
struct Invite {
    room_version: RoomVersionId,
    event: Box<RawValue>,
    invite_room_state: Option<Vec<RawStrippedState>>,
}

#[derive(Serialize)]
struct Answer {
    event: Box<RawValue>,
}

/// Signs the invite, and has the user hear of it.
pub(super) async fn invite(call: Call) -> Result<HttpResponse> {
    let origin = ServerSignatures::authenticate(&call).await?;
    let (room_id, event_id) = (arguments::room_id(&call, 0)?, arguments::event_id(&call, 1)?);
    let Invite { room_version, event, invite_room_state } = call.json()?;
    let federation = &call.app.federation;
    let state = invite_room_state.unwrap_or_default();
    let event = federation.take_invite(&origin, &room_id, &event_id, room_version, event, state).await?;
    Ok(HttpResponse::Ok().json(Answer { event }))
}

/// The first version is for rooms of versions 1 and 2, which are not spoken here.
pub(super) async fn first_version(call: Call) -> Result<HttpResponse> {
    ServerSignatures::authenticate(&call).await?;
    Err(Error::from(rooms::Error::IncompatibleRoomVersion(RoomVersionId::V1)))
}
