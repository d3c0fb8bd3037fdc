//! What other servers read: events, states and history of rooms that they are in, spaces, the directory, profiles.
//!
//! Whether a server may read a room is asked in `rooms`, by each read itself: its ACL, and who is joined.

mod backfill;
mod event;
mod event_auth;
mod hierarchy;
mod missing_events;
mod public_rooms;
mod query_directory;
mod query_profile;
mod state;
mod state_ids;
mod timestamp_to_event;

use http::Method;
use ruma::{OwnedServerName, api::federation::authentication::ServerSignatures};

use crate::{
    Result,
    bridge::{Authenticate, Call, Routes},
};

pub(crate) fn routes() -> Routes {
    let public_rooms = ["/_matrix/federation/v1/publicRooms"];
    Routes::default()
        .endpoint(backfill::backfill)
        .endpoint(event::event)
        .endpoint(event_auth::event_auth)
        .endpoint(missing_events::missing_events)
        .endpoint(query_directory::query_directory)
        .endpoint(state_ids::state_ids)
        .endpoint(timestamp_to_event::timestamp_to_event)
        .signed(Method::GET, &["/_matrix/federation/v1/hierarchy/{room_id}"], hierarchy::hierarchy)
        .signed(Method::GET, &["/_matrix/federation/v1/state/{room_id}"], state::state)
        .signed(Method::GET, &public_rooms, public_rooms::get)
        .signed(Method::POST, &public_rooms, public_rooms::post)
        .signed(Method::GET, &["/_matrix/federation/v1/query/profile"], query_profile::query_profile)
}

/// The server that asks, where a request is not read as one of ruma's types.
async fn origin(call: &Call) -> Result<OwnedServerName> {
    ServerSignatures::authenticate(call).await
}
