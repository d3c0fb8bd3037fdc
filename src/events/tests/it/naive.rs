//! State resolution read from the specification step by step (rooms/v2, rooms/v12), with no care for speed. The tests
//! hold the real one against it.
//!
//! In three places the text can be read in two ways, and the servers in use agree on one, because a room splits if
//! they do not: an event of a state belongs to the state's auth chain; "the DAG formed by auth events" of a set has
//! the edges between two events of the set and no longer ways around it; and likewise a power event is enlarged by
//! what it reaches within the full conflicted set.

use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet},
};

use events::{Pdu, PowerLevels, auth, resolve::StateMap};
use ruma::{OwnedEventId, UserId, events::room::power_levels::UserPowerLevel};
use serde_json::Value;

use crate::room::Room;

type Ids = BTreeSet<OwnedEventId>;

/// "The resolution of a set of states is obtained as follows".
pub fn resolve(room: &Room, states: &[StateMap]) -> StateMap {
    let is_v12 = events::version::room_id_is_create_hash(room.rules);

    // Unconflicted state map and conflicted state set.
    let keys: BTreeSet<_> = states.iter().flat_map(|state| state.keys().cloned()).collect();
    let mut unconflicted = StateMap::new();
    let mut conflicted = Ids::new();
    for key in keys {
        let values: BTreeSet<_> = states.iter().map(|state| state.get(&key)).collect();
        match values.iter().collect::<Vec<_>>()[..] {
            [Some(same)] => drop(unconflicted.insert(key, (*same).clone())),
            _ => conflicted.extend(values.into_iter().flatten().cloned()),
        }
    }
    if conflicted.is_empty() {
        return unconflicted;
    }

    // Full conflicted set.
    let chains: Vec<Ids> = states.iter().map(|state| state.values().flat_map(|id| chain(room, id)).collect()).collect();
    let union: Ids = chains.iter().flatten().cloned().collect();
    let mut full = conflicted.clone();
    full.extend(union.into_iter().filter(|id| !chains.iter().all(|chain| chain.contains(id))));
    if is_v12 {
        full.extend(subgraph(room, &conflicted));
    }

    // 1.
    let mut power: Ids = full.iter().filter(|id| is_power_event(&room.events[*id])).cloned().collect();
    let mut enlarged = Ids::new();
    while let Some(id) = power.pop_first() {
        power.extend(auth_events_in(room, &id, &full).filter(|id| !enlarged.contains(id)));
        enlarged.insert(id);
    }
    let power = enlarged;
    let sorted = reverse_topological_power_ordering(room, &power);
    // 2.
    let start = if is_v12 { StateMap::new() } else { unconflicted.clone() };
    let partial = iterative_auth_checks(room, start, &sorted);
    // 3.
    let mut rest: Vec<_> = full.difference(&power).cloned().collect();
    let mainline = mainline(room, partial.get(&("m.room.power_levels".into(), String::new())));
    rest.sort_by_key(|id| {
        let position = mainline_position(room, &mainline, id).unwrap_or(usize::MAX);
        (std::cmp::Reverse(position), room.events[id].origin_server_ts(), id.clone())
    });
    // 4.
    let mut resolved = iterative_auth_checks(room, partial, &rest);
    // 5.
    resolved.extend(unconflicted);
    resolved
}

/// The auth chain of an event, and the event: all servers count the events of a state to its chain.
fn chain(room: &Room, id: &OwnedEventId) -> Ids {
    let mut chain = Ids::from([id.clone()]);
    for auth in room.events[id].auth_events() {
        chain.extend(self::chain(room, auth));
    }
    chain
}

fn auth_events_in<'a>(room: &Room, id: &OwnedEventId, set: &'a Ids) -> impl Iterator<Item = OwnedEventId> + 'a {
    room.events[id].auth_events().to_vec().into_iter().filter(|id| set.contains(id))
}

fn subgraph(room: &Room, conflicted: &Ids) -> Ids {
    let chains: BTreeMap<_, _> = room.events.keys().map(|id| (id, chain(room, id))).collect();
    let leads_to_conflicted = |id: &OwnedEventId| conflicted.iter().any(|end| chains[id].contains(end));
    conflicted.iter().flat_map(|start| &chains[start]).filter(|id| leads_to_conflicted(id)).cloned().collect()
}

fn is_power_event(event: &Pdu) -> bool {
    match (event.event_type().to_string().as_str(), event.state_key()) {
        ("m.room.power_levels" | "m.room.join_rules", Some(_)) => true,
        ("m.room.member", Some(target)) => {
            let content: Value = event.content_as().unwrap();
            matches!(content["membership"].as_str(), Some("leave" | "ban")) && event.sender() != target
        }
        _ => false,
    }
}

fn reverse_topological_power_ordering(room: &Room, events: &Ids) -> Vec<OwnedEventId> {
    let smaller = |x: &OwnedEventId, y: &OwnedEventId| -> Ordering {
        let (a, b) = (&room.events[x], &room.events[y]);
        power(room, b).cmp(&power(room, a)).then(a.origin_server_ts().cmp(&b.origin_server_ts())).then(x.cmp(y))
    };
    let mut left = events.clone();
    let mut sorted = Vec::new();
    while !left.is_empty() {
        let candidates = left.iter().filter(|id| auth_events_in(room, id, &left).next().is_none());
        let next = candidates.min_by(|x, y| smaller(x, y)).unwrap().clone();
        left.remove(&next);
        sorted.push(next);
    }
    sorted
}

/// The power level of the sender, "when looking at their respective auth_events".
fn power(room: &Room, event: &Pdu) -> UserPowerLevel {
    let find = |kind: &str| {
        event.auth_events().iter().map(|id| &room.events[id]).find(|auth| auth.event_type().to_string() == kind)
    };
    let create = find("m.room.create").unwrap_or(&room.events[&room.order[0]]);
    let sender: &UserId = event.sender();
    PowerLevels::new(room.rules, create, find("m.room.power_levels")).unwrap().user(sender)
}

fn iterative_auth_checks(room: &Room, mut state: StateMap, events: &[OwnedEventId]) -> StateMap {
    for id in events {
        let event = &room.events[id];
        let allowed = auth::check_state(room.rules, event, |kind, key| {
            let own = event.auth_events().iter().chain(room.order.first()).map(|id| &room.events[id]);
            let from_auth_events =
                own.filter(|auth| !auth.rejected()).find(|auth| auth.is_state(&kind.to_string().into(), key));
            let from_state = state.get(&(kind.clone(), key.to_owned())).map(|id| &room.events[id]);
            from_state.or(from_auth_events).cloned()
        });
        if allowed.is_ok() {
            let key = (event.event_type().to_string().into(), event.state_key().unwrap().to_owned());
            state.insert(key, id.clone());
        }
    }
    state
}

/// The power levels event that an event cites.
fn levels_of(room: &Room, id: &OwnedEventId) -> Option<OwnedEventId> {
    room.events[id]
        .auth_events()
        .iter()
        .find(|id| room.events[*id].is_state(&"m.room.power_levels".into(), ""))
        .cloned()
}

fn mainline(room: &Room, start: Option<&OwnedEventId>) -> Vec<OwnedEventId> {
    let mut line: Vec<OwnedEventId> = start.into_iter().cloned().collect();
    while let Some(next) = line.last().and_then(|last| levels_of(room, last)) {
        line.push(next);
    }
    line
}

fn mainline_position(room: &Room, mainline: &[OwnedEventId], id: &OwnedEventId) -> Option<usize> {
    let mut at = levels_of(room, id);
    while let Some(level) = at {
        if let Some(position) = mainline.iter().position(|in_line| *in_line == level) {
            return Some(position);
        }
        at = levels_of(room, &level);
    }
    None
}
