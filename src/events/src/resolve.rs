//! State resolution (rooms/v2 § State resolution, with the changes of rooms/v12).

use std::collections::HashMap;

use ruma::{
    EventId, OwnedEventId,
    events::StateEventType,
    room_version_rules::{RoomVersionRules, StateResolutionVersion},
    state_res,
};

use crate::{Error, Pdu, Result};

/// The state of a room: event IDs by type and state key.
pub type StateMap = state_res::StateMap<OwnedEventId>;

/// A set of event IDs.
pub type EventIdSet = state_res::utils::event_id_set::EventIdSet<OwnedEventId>;

/// The conflicted state set: of each key on which the states differ, all events that any of them has.
pub type ConflictedState = HashMap<(StateEventType, String), Vec<OwnedEventId>>;

/// Resolves the states of the branches of a room into one.
///
/// * `states`: the states after each of the events that are being joined.
/// * `auth_chains`: for each state, in any order, the full auth chain: all events that are reached from its events by
///   `auth_events`, those events included. Events that are in all of them may be left out of all of them.
/// * `fetch_event`: an event of this room by ID. Events it does not give are left out, as if never received.
/// * `conflicted_subgraph`: asked in room version 12 only: the conflicted state subgraph ([`conflicted_subgraph`]).
pub fn resolve(
    rules: &RoomVersionRules,
    states: &[StateMap],
    auth_chains: Vec<EventIdSet>,
    fetch_event: impl Fn(&EventId) -> Option<Pdu>,
    conflicted_subgraph: impl Fn(&ConflictedState) -> Option<EventIdSet>,
) -> Result<StateMap> {
    let StateResolutionVersion::V2(resolution) = &rules.state_res else {
        return Err(Error::Resolution("room version 1 is not supported".to_owned()));
    };
    state_res::resolve(&rules.authorization, resolution, states, auth_chains, fetch_event, conflicted_subgraph)
        .map_err(|error| Error::Resolution(error.to_string()))
}

/// The full auth chain of some events: themselves and all that they reach by `auth_events`.
///
/// For rooms without an index of their chains. It visits at most `limit` events and fails when there are more;
/// events that `fetch_event` does not give are left out.
pub fn auth_chain<'a>(
    events: impl IntoIterator<Item = &'a OwnedEventId>,
    fetch_event: impl Fn(&EventId) -> Option<Pdu>,
    limit: usize,
) -> Result<EventIdSet> {
    let mut chain = EventIdSet::new();
    let mut waiting: Vec<OwnedEventId> = events.into_iter().cloned().collect();
    while let Some(event_id) = waiting.pop() {
        if chain.contains(&event_id) {
            continue;
        }
        let Some(event) = fetch_event(&event_id) else { continue };
        waiting.extend(event.auth_events().iter().filter(|id| !chain.contains(id)).cloned());
        chain.insert(event_id);
        if chain.len() > limit {
            return Err(Error::Resolution(format!("auth chain of more than {limit} events")));
        }
    }
    Ok(chain)
}

/// The conflicted state subgraph: every event that lies on a path along `auth_events` from one conflicted event to
/// another, the ends included (rooms/v12 § State resolution).
///
/// It visits at most `limit` events, or fails.
pub fn conflicted_subgraph(
    conflicted: &ConflictedState,
    fetch_event: impl Fn(&EventId) -> Option<Pdu>,
    limit: usize,
) -> Result<EventIdSet> {
    let conflicted: EventIdSet = conflicted.values().flatten().cloned().collect();
    // Backwards along the edges: from each event of the chains, who cites it.
    let mut cited_by: HashMap<OwnedEventId, Vec<OwnedEventId>> = HashMap::new();
    for event_id in auth_chain(conflicted.iter(), &fetch_event, limit)? {
        for auth_event in fetch_event(&event_id).iter().flat_map(Pdu::auth_events) {
            cited_by.entry(auth_event.clone()).or_default().push(event_id.clone());
        }
    }
    // All in the chains lie behind a conflicted event; of them, those lie on a path that also lead to one.
    let mut subgraph = EventIdSet::new();
    let mut waiting: Vec<OwnedEventId> = conflicted.iter().cloned().collect();
    while let Some(event_id) = waiting.pop() {
        if let Some(citing) = cited_by.remove(&event_id) {
            waiting.extend(citing);
        }
        subgraph.insert(event_id);
    }
    Ok(subgraph)
}
