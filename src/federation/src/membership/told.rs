//! The answer to `send_join`: it may be large, so it is taken in as it comes, and its events are checked meanwhile.

use std::{
    collections::{HashMap, HashSet},
    hash::{BuildHasher as _, RandomState},
    time::Duration,
};

use events::{MAX_PDU_BYTES, VerifiedPdu};
use ruma::{RoomId, ServerName, room_version_rules::RoomVersionRules};
use serde_json::value::RawValue;

use crate::{
    client::{Element, Most, Splitter},
    verify::{Stream, Verifier},
};

const STATE: &str = "state";
const AUTH_CHAIN: &str = "auth_chain";

/// Each byte of an event may be written as an escape of six; 128 megabytes are no more honest events than these.
const MOST: Most = Most { element: 6 * MAX_PDU_BYTES, elements: 400_000, rest: 4 << 20 };

/// How long is waited for keys before all of the answer is there. Servers in between cut connections on which nothing is
/// taken for a minute.
const PATIENCE: Duration = Duration::from_secs(5);

/// What cuts such an answer up.
pub(super) fn splitter() -> Splitter {
    Splitter::new(&[STATE, AUTH_CHAIN], MOST)
}

/// What a server tells of the room that is entered. Each event is checked once, however often it is told: many servers tell
/// those of the state twice.
pub(super) struct Told {
    events: Stream,
    /// The numbers of texts, by two independent hashes of each. Nobody can foresee these.
    numbers: HashMap<[u64; 2], usize>,
    hashers: [RandomState; 2],
    /// The numbers of the events of the state, none where it is too long to be one.
    state: Vec<Option<usize>>,
    auth_chain: Vec<Option<usize>>,
}

impl Told {
    /// Nothing is told yet of a room of these rules, but it comes now.
    pub fn new(verifier: Verifier, rules: &'static RoomVersionRules) -> Self {
        Self {
            events: Stream::new(verifier, rules, PATIENCE),
            numbers: HashMap::new(),
            hashers: [RandomState::new(), RandomState::new()],
            state: Vec::new(),
            auth_chain: Vec::new(),
        }
    }

    /// Takes an event. Waits as long as too many are being checked.
    pub async fn take(&mut self, element: Element) {
        let number = match element.json {
            Some(json) => Some(self.number(json).await),
            None => None,
        };
        if element.list == STATE { self.state.push(number) } else { self.auth_chain.push(number) }
    }

    async fn number(&mut self, json: Box<RawValue>) -> usize {
        let hashes = self.hashers.each_ref().map(|hasher| hasher.hash_one(json.get()));
        if let Some(number) = self.numbers.get(&hashes) {
            return *number;
        }
        let number = self.events.push(json.into()).await;
        self.numbers.insert(hashes, number);
        number
    }

    /// How many events the state is said to have.
    pub fn state_len(&self) -> usize {
        self.state.len()
    }

    /// Those of the events that are good: the state, and what of the auth chain is not in it.
    pub async fn finish(self, room_id: &RoomId, server: &ServerName) -> (Vec<VerifiedPdu>, Vec<VerifiedPdu>) {
        let Self { events, state, auth_chain, .. } = self;
        let dropped = |error: &events::Error| tracing::info!(%room_id, %server, %error, "an event was left out");
        let outcomes = events.finish().await.into_iter();
        let good: Vec<Option<VerifiedPdu>> = outcomes.map(|outcome| outcome.inspect_err(dropped).ok()).collect();
        let long = state.iter().chain(&auth_chain).filter(|number| number.is_none()).count();
        if long > 0 {
            tracing::info!(%room_id, %server, long, "events were left out that are too long");
        }
        let in_state: HashSet<usize> = state.iter().flatten().copied().collect();
        let find = |number: &usize| good.get(*number)?.clone();
        let auth_chain = auth_chain.iter().flatten().filter(|number| !in_state.contains(*number)).filter_map(find);
        (state.iter().flatten().filter_map(find).collect(), auth_chain.collect())
    }
}

#[cfg(test)]
#[path = "told_tests.rs"]
mod tests;
