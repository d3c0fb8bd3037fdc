//! Who is there: presence, and who types.

mod get_presence;
mod set_presence;
mod set_typing;

use http::Method;
use sync::PresenceState;

use crate::{bridge::Routes, client::arguments::v3_and_r0};

/// The routes of this area.
pub(crate) fn routes() -> Routes {
    Routes::default()
        .raw(Method::GET, v3_and_r0!("presence/{userId}/status"), get_presence::get)
        .raw(Method::PUT, v3_and_r0!("presence/{userId}/status"), set_presence::set)
        .raw(Method::PUT, v3_and_r0!("rooms/{roomId}/typing/{userId}"), set_typing::set)
}

/// The presence that a word stands for.
pub(crate) fn presence_state(word: &str) -> Option<PresenceState> {
    match word {
        "online" => Some(PresenceState::Online),
        "unavailable" => Some(PresenceState::Unavailable),
        "offline" => Some(PresenceState::Offline),
        _ => None,
    }
}
