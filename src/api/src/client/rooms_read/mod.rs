//! Everything that reads rooms: history, state, members, spaces, the directory and its aliases.

mod alias;
mod context;
mod directory_visibility;
mod event;
mod hierarchy;
mod initial_sync;
mod joined_members;
mod joined_rooms;
mod members;
mod messages;
pub(crate) mod public_rooms;
pub(crate) mod reader;
mod room_aliases;
mod room_summary;
mod state;
mod state_event;
mod timestamp_to_event;

use http::Method;

pub(crate) use reader::{reader, token};

use crate::{bridge::Routes, client::arguments::v3_and_r0};

pub(crate) fn routes() -> Routes {
    let state_event = v3_and_r0!("rooms/{room_id}/state/{event_type}/{state_key}");
    let public_rooms = v3_and_r0!("publicRooms");
    let visibility = v3_and_r0!("directory/list/room/{room_id}");
    let hierarchy = [
        "/_matrix/client/v1/rooms/{room_id}/hierarchy",
        "/_matrix/client/unstable/org.matrix.msc2946/rooms/{room_id}/hierarchy",
    ];
    let unstable_summary = [
        "/_matrix/client/unstable/im.nheko.summary/summary/{room_id_or_alias}",
        "/_matrix/client/unstable/im.nheko.summary/rooms/{room_id_or_alias}/summary",
    ];
    Routes::default()
        .endpoint(messages::messages)
        .endpoint(context::context)
        .endpoint(event::event)
        .endpoint(timestamp_to_event::timestamp_to_event)
        .endpoint(members::members)
        .endpoint(joined_members::joined_members)
        .endpoint(joined_rooms::joined_rooms)
        .endpoint(state::state)
        .raw(Method::GET, v3_and_r0!("rooms/{room_id}/initialSync"), initial_sync::initial_sync)
        .raw(Method::GET, state_event, state_event::state_event)
        .raw(Method::GET, &hierarchy, hierarchy::hierarchy)
        .raw(Method::GET, public_rooms, public_rooms::get)
        .raw(Method::POST, public_rooms, public_rooms::post)
        .raw(Method::GET, &["/_matrix/client/v1/room_summary/{room_id_or_alias}"], room_summary::stable)
        .raw(Method::GET, &unstable_summary, room_summary::unstable)
        .endpoint(directory_visibility::get)
        .raw(Method::PUT, visibility, directory_visibility::put)
        .endpoint(alias::create)
        .endpoint(alias::delete)
        .endpoint(alias::resolve)
        .endpoint(room_aliases::aliases)
}
