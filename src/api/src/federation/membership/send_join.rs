//! `PUT /send_join`: a user of another server comes into a room.

use actix_web::HttpResponse;
use federation::Cost;
use rooms::foreign::Handshake;
use ruma::{
    EventId, OwnedServerName, RoomId,
    api::federation::{
        authentication::ServerSignatures,
        membership::create_join_event::v2::{self, RoomState},
    },
};
use serde_json::value::RawValue;

use crate::{
    App, Result,
    bridge::{Authenticate, Call, Ruma},
    federation::arguments,
};

/// Puts the join into the room, and tells what the room was like before it.
pub(super) async fn send_join(call: Call) -> Result<HttpResponse> {
    let app = call.app.clone();
    let Ruma { body, caller, .. } = Ruma::<v2::Request>::read(call).await?;
    arguments::large(join(&app, caller, &body.room_id, &body.event_id, body.pdu, body.omit_members).await?).await
}

/// The first version, which the specification has left: the same answer, in a list behind its status.
pub(super) async fn first_version(call: Call) -> Result<HttpResponse> {
    let origin = ServerSignatures::authenticate(&call).await?;
    let (room_id, event_id) = (arguments::room_id(&call, 0)?, arguments::event_id(&call, 1)?);
    arguments::large((200, join(&call.app, origin, &room_id, &event_id, call.json()?, false).await?)).await
}

async fn join(
    app: &App,
    origin: OwnedServerName,
    room_id: &RoomId,
    event_id: &EventId,
    event: Box<RawValue>,
    omit_members: bool,
) -> Result<RoomState> {
    // Who repeats a join changes nothing, and is told the whole room again.
    let _reading = app.federation.begin_read(&origin, Cost::Whole).await?;
    let join = app.federation.accept(&origin, Handshake::Join, room_id, event_id, event).await?;
    let entry = app.rooms.entry(room_id, event_id, omit_members).await?;
    let mut state = RoomState::new();
    state.state = entry.state;
    state.auth_chain = entry.auth_chain;
    state.members_omitted = omit_members;
    state.event = Some(arguments::text(&join)?);
    state.servers_in_room = omit_members.then(|| entry.servers.iter().map(ToString::to_string).collect());
    Ok(state)
}
