//! Putting events into an order in which each comes after those it builds on.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap},
};

use ruma::{EventId, MilliSecondsSinceUnixEpoch, events::TimelineEventType};

use crate::Pdu;

/// Which references count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edges {
    /// `auth_events`: the order in which the events of an auth chain can be checked.
    Auth,
    /// `prev_events`: the order of the room's graph.
    Prev,
}

/// Sorts events so that each comes after the ones of the same list that it refers to; free choices go to `m.room.create`,
/// which the events of some room versions do not name although all are checked by it, then to the earlier
/// `origin_server_ts`, then to the smaller event ID, so the order depends on the set alone.
///
/// References to events outside the list are ignored. Repeated events appear once.
pub fn topological(events: &[Pdu], edges: Edges) -> Vec<Pdu> {
    let by_id: HashMap<&EventId, &Pdu> = events.iter().map(|event| (event.event_id(), event)).collect();
    let mut waits_for: HashMap<&EventId, usize> = HashMap::with_capacity(by_id.len());
    let mut followers: HashMap<&EventId, Vec<&EventId>> = HashMap::new();
    for (id, event) in &by_id {
        let mut before: Vec<&EventId> = references(event, edges).filter(|before| by_id.contains_key(before)).collect();
        before.sort_unstable();
        before.dedup();
        waits_for.insert(id, before.len());
        for earlier in before {
            followers.entry(earlier).or_default().push(id);
        }
    }

    let later = |event: &Pdu| !event.is_state(&TimelineEventType::RoomCreate, "");
    let place = |id: &'_ EventId| by_id.get(id).map(|event| (later(event), event.origin_server_ts(), event.event_id()));
    let mut ready: BinaryHeap<Reverse<(bool, MilliSecondsSinceUnixEpoch, &EventId)>> =
        waits_for.iter().filter(|(_, count)| **count == 0).filter_map(|(id, _)| place(id)).map(Reverse).collect();
    let mut sorted = Vec::with_capacity(by_id.len());
    while let Some(Reverse((.., id))) = ready.pop() {
        sorted.extend(by_id.get(id).map(|event| Pdu::clone(event)));
        for follower in followers.get(id).into_iter().flatten() {
            if let Some(count) = waits_for.get_mut(follower) {
                *count -= 1;
                if *count == 0 {
                    ready.extend(place(follower).map(Reverse));
                }
            }
        }
    }
    sorted
}

fn references(event: &Pdu, edges: Edges) -> impl Iterator<Item = &EventId> {
    match edges {
        Edges::Auth => event.auth_events(),
        Edges::Prev => event.prev_events(),
    }
    .iter()
    .map(|id| &**id)
}
