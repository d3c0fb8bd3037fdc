//! The authorization rules of the room versions (server-server § Authorization rules; rooms/vN).
//!
//! An event from elsewhere is checked four times: [`check_auth_events`] and [`check_state`] against its own auth
//! events (else it is rejected), [`check_state`] against the state before it (else rejected), and against the current
//! state of the room (else soft-failed). An event that we make needs the last two only, which are one.

use ruma::{
    EventId, UserId,
    events::{StateEventType, TimelineEventType},
    room_version_rules::RoomVersionRules,
    state_res::{auth_types_for_event, check_state_dependent_auth_rules, check_state_independent_auth_rules},
};
use serde_json::value::RawValue;

use crate::{Error, Pdu, Result};

/// The state that an event needs to cite in its `auth_events`, as far as the room has it (server-server § Auth events
/// selection). From room version 12 on, the create event is not among them.
///
/// Fails with [`Error::BadJson`] if the content of a membership event is not what the rules can read.
pub fn auth_types(
    rules: &RoomVersionRules,
    event_type: &TimelineEventType,
    sender: &UserId,
    state_key: Option<&str>,
    content: &RawValue,
) -> Result<Vec<(StateEventType, String)>> {
    auth_types_for_event(event_type, sender, state_key, content, &rules.authorization).map_err(Error::BadJson)
}

/// The state that [`check_state`] asks for when it checks an event: [`auth_types`], and the create event always.
pub fn needed_state(rules: &RoomVersionRules, event: &Pdu) -> Result<Vec<(StateEventType, String)>> {
    let mut keys = auth_types(rules, event.event_type(), event.sender(), event.state_key(), event.content())?;
    if rules.authorization.room_create_event_id_as_room_id && *event.event_type() != TimelineEventType::RoomCreate {
        keys.push((StateEventType::RoomCreate, String::new()));
    }
    Ok(keys)
}

/// The rules about an event's `auth_events`, and those for the create event. They do not depend on a state, so once
/// is enough.
///
/// * `fetch_event`: an event of any room by ID. From room version 12 on it is asked for the create event too, and for
///   an unknown one the event is refused.
pub fn check_auth_events(
    rules: &RoomVersionRules,
    event: &Pdu,
    fetch_event: impl Fn(&EventId) -> Option<Pdu>,
) -> Result<()> {
    check_state_independent_auth_rules(&rules.authorization, event, fetch_event).map_err(Error::Forbidden)
}

/// The rules that depend on the state of the room.
///
/// * `fetch_state`: the state event of a type and state key, in the state to check against. It must give the create
///   event in all room versions, and no other key than those of [`needed_state`] is asked for.
pub fn check_state(
    rules: &RoomVersionRules,
    event: &Pdu,
    fetch_state: impl Fn(&StateEventType, &str) -> Option<Pdu>,
) -> Result<()> {
    check_state_dependent_auth_rules(&rules.authorization, event, fetch_state).map_err(Error::Forbidden)
}
