//! What others may read of the peer's rooms: everything.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::answer::Answer;
use crate::request::Request;
use crate::room::{Room, State};
use crate::{Peer, locked};

impl Peer {
    /// Answers the endpoints that read events and state.
    pub(super) fn read(&self, request: &Request, endpoint: &str, subject: &str) -> Answer {
        if endpoint == "event" {
            let found = locked(&self.inner.rooms).values().find_map(|room| room.events.get(subject).cloned());
            return found.map_or_else(Answer::not_found, |pdu| self.transaction(vec![pdu]));
        }
        let Ok(room) = self.room(subject) else { return Answer::not_found() };
        match endpoint {
            "event_auth" => {
                let chain = room.auth_chain([&request.part(5).to_owned()]);
                Answer::ok(json!({ "auth_chain": room.pdus(&chain) }))
            }
            "backfill" => {
                let from: Vec<String> = request.arguments("v").map(str::to_owned).collect();
                let limit = request.argument("limit").parse().unwrap_or(10);
                self.transaction(room.pdus(&room.walk(from, &BTreeSet::new(), limit)))
            }
            "get_missing_events" => Answer::ok(json!({ "events": missing(&room, &request.json) })),
            "timestamp_to_event" => nearest(&room, request),
            _ => match room.before.get(request.argument("event_id")) {
                Some(state) => state_before(&room, state, endpoint),
                None => Answer::not_found(),
            },
        }
    }
}

/// The answer to `state` or `state_ids`.
fn state_before(room: &Room, state: &State, endpoint: &str) -> Answer {
    let chain = room.auth_chain(state.values());
    if endpoint == "state" {
        return Answer::ok(json!({ "pdus": room.pdus(state.values()), "auth_chain": room.pdus(&chain) }));
    }
    Answer::ok(json!({ "pdu_ids": state.values().collect::<Vec<_>>(), "auth_chain_ids": chain }))
}

/// The events between what the other has and what it has heard of, oldest first.
fn missing(room: &Room, wanted: &Value) -> Vec<Value> {
    let list = |name: &str| -> Vec<String> {
        wanted[name].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let limit = wanted["limit"].as_u64().and_then(|limit| usize::try_from(limit).ok()).unwrap_or(10);
    let stop: BTreeSet<String> = list("earliest_events").into_iter().collect();
    let from = list("latest_events").iter().flat_map(|id| room.links(id, "prev_events")).collect();
    let mut found = room.walk(from, &stop, limit);
    found.reverse();
    room.pdus(&found)
}

/// The event nearest to a time in a direction.
fn nearest(room: &Room, request: &Request) -> Answer {
    let wanted: u64 = request.argument("ts").parse().unwrap_or_default();
    let time = |id: &&String| room.pdu(id)["origin_server_ts"].as_u64().unwrap_or_default();
    let found = match request.argument("dir") {
        "b" => room.order.iter().rev().find(|id| time(id) <= wanted),
        _ => room.order.iter().find(|id| time(id) >= wanted),
    };
    match found {
        Some(id) => Answer::ok(json!({ "event_id": id, "origin_server_ts": time(&id) })),
        None => Answer::not_found(),
    }
}

impl Room {
    /// Event ids from these on backwards, breadth first, without those to stop at and what is behind them.
    pub fn walk(&self, from: Vec<String>, stop: &BTreeSet<String>, limit: usize) -> Vec<String> {
        let mut found: Vec<String> = Vec::new();
        let mut level = from;
        while !level.is_empty() && found.len() < limit {
            let fresh: Vec<String> = level
                .into_iter()
                .collect::<BTreeSet<_>>()
                .into_iter()
                .filter(|id| self.events.contains_key(id) && !stop.contains(id) && !found.contains(id))
                .collect();
            level = fresh.iter().flat_map(|id| self.links(id, "prev_events")).collect();
            found.extend(fresh);
        }
        found.truncate(limit);
        found
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use crate::create::founded;
    use crate::failure::Outcome;
    use crate::testing::domain;

    #[test]
    fn backwards_until_the_stop() -> Outcome {
        let room = founded(&domain()?, "@a:domain", 11, "public")?;
        let all = room.walk(room.heads.clone(), &BTreeSet::new(), 10);
        assert_eq!(all.iter().rev().collect::<Vec<_>>(), room.order.iter().collect::<Vec<_>>());
        let stop = room.order.iter().take(2).cloned().collect();
        assert_eq!(room.walk(room.heads.clone(), &stop, 10).len(), 3);
        assert_eq!(room.walk(room.heads.clone(), &stop, 2).len(), 2);
        Ok(())
    }
}
