//! State resolution over roots of the state trie (rooms/v2 §State resolution, rooms/v12).
//!
//! Most of a large room's state is the same in all of its branches and never looked at: what goes into the algorithm are
//! the keys that differ, and those others that the auth rules of the events in question read.

use std::{
    cell::RefCell,
    collections::{BTreeSet, HashMap, HashSet},
};

use events::{
    Pdu, auth,
    resolve::{EventIdSet, StateMap},
};
use ruma::{EventId, OwnedEventId, events::StateEventType};
use store::state;

use crate::{
    Error, Result,
    lane::{chain::Building, conflict::Conflict},
};

type Key = (StateEventType, String);

impl Building<'_> {
    /// The root of the state that these come to together. One that is alone, or equal to the others, is the answer.
    pub(crate) fn resolve(&mut self, mut roots: Vec<i64>) -> Result<i64> {
        roots.sort_unstable();
        roots.dedup();
        match roots.as_slice() {
            [] => return Ok(state::EMPTY),
            [one] => return Ok(*one),
            _ => {}
        }
        if let Some(root) = self.head.resolved(&roots) {
            return Ok(root);
        }
        let conflict = Conflict::between(&mut self.nodes, roots.clone())?;
        let root = self.resolve_conflict(&conflict)?;
        self.head.remember_resolved(roots, root);
        Ok(root)
    }

    fn resolve_conflict(&mut self, conflict: &Conflict) -> Result<i64> {
        let chains = self.auth_chain_difference(conflict)?;
        let v2_1 = self.head.rules.state_res.v2_rules().is_some_and(|rules| rules.consider_conflicted_state_subgraph);
        let subgraph = if v2_1 { self.conflicted_subgraph(conflict)? } else { Vec::new() };
        let involved: HashSet<i64> = conflict
            .events()
            .into_iter()
            .chain(chains.iter().flatten().copied())
            .chain(subgraph.iter().copied())
            .collect();
        self.pay_for(involved.len())?;
        let pdus = self.pdu_map(&involved.into_iter().collect::<Vec<_>>())?;
        let common = self.needed(conflict, &pdus)?;

        let states = states(conflict, &pdus, &common);
        let ids = |nids: &[i64]| -> EventIdSet { nids.iter().filter_map(|nid| Some(id_of(pdus.get(nid)?))).collect() };
        let subgraph = ids(&subgraph);
        let auth_chains = chains.iter().map(|chain| ids(chain)).collect();
        let found = pdus.values().map(|pdu| (id_of(pdu), Some(pdu.clone()))).collect();
        let rules = self.head.rules;
        let fetch = RefCell::new(Fetch { building: self, found, failed: None });
        let resolved = events::resolve::resolve(
            rules,
            &states,
            auth_chains,
            |id| fetch.borrow_mut().event(id),
            |_| Some(subgraph.clone()),
        );
        if let Some(error) = fetch.into_inner().failed {
            return Err(error);
        }
        let resolved = resolved?;
        tracing::debug!(room_id = %self.head.room.room_id, states = states.len(), keys = conflict.keys.len(), "resolved");
        self.root_of(conflict, &pdus, resolved)
    }

    /// Of what all states share: all that the rules may ask for when they check these events.
    fn needed(&mut self, conflict: &Conflict, pdus: &HashMap<i64, Pdu>) -> Result<Vec<(Key, OwnedEventId)>> {
        let mut needed: HashSet<Key> = HashSet::new();
        for pdu in pdus.values() {
            // What cannot be read is refused by the resolution too.
            needed.extend(auth::needed_state(self.head.rules, pdu).unwrap_or_default());
        }
        let mut common = Vec::new();
        for key in needed {
            let nid = self.rooms.state_key(self.nodes.conn(), &key.0.to_string(), &key.1)?;
            let Some(nid) = nid.filter(|nid| !conflict.keys.contains_key(nid)) else { continue };
            if let Some(holder) = state::get(&mut self.nodes, conflict.first(), nid)? {
                let id = id_of(&self.pdu(holder)?);
                common.push((key, id));
            }
        }
        Ok(common)
    }

    /// The root of the resolved state: one of the states, with the keys changed that came out otherwise.
    fn root_of(&mut self, conflict: &Conflict, pdus: &HashMap<i64, Pdu>, resolved: StateMap) -> Result<i64> {
        let by_id: HashMap<&EventId, i64> = pdus.iter().map(|(nid, pdu)| (pdu.event_id(), *nid)).collect();
        let mut holds = Vec::new();
        for ((event_type, state_key), id) in &resolved {
            // What is not among the events in question is what all states hold.
            let Some(nid) = by_id.get(&**id) else { continue };
            let key = self.rooms.intern_state_key(self.nodes.conn(), &event_type.to_string(), state_key)?;
            if conflict.keys.contains_key(&key) || state::get(&mut self.nodes, conflict.first(), key)?.is_none() {
                holds.push((key, *nid));
            }
        }
        let held: BTreeSet<i64> = holds.iter().map(|(key, _)| *key).collect();
        let gone: Vec<i64> = conflict.keys.keys().copied().filter(|key| !held.contains(key)).collect();
        for (i, root) in conflict.roots.iter().enumerate() {
            let lacks =
                |key: &i64| conflict.keys.get(key).and_then(|holders| holders.get(i)).is_some_and(Option::is_none);
            if gone.iter().all(lacks) {
                return Ok(state::set(&mut self.nodes, *root, &holds)?);
            }
        }
        // Each state holds something that must go. That is rare enough to build the state anew.
        let mut entries = state::entries(&mut self.nodes, conflict.first())?;
        entries.retain(|(key, _)| !conflict.keys.contains_key(key));
        entries.extend(holds);
        Ok(state::set(&mut self.nodes, state::EMPTY, &entries)?)
    }
}

/// The states as the algorithm wants them: what differs, and what they share as far as it is needed.
fn states(conflict: &Conflict, pdus: &HashMap<i64, Pdu>, common: &[(Key, OwnedEventId)]) -> Vec<StateMap> {
    let state = |events: Vec<i64>| -> StateMap {
        let own = events.iter().filter_map(|nid| pdus.get(nid)).map(|pdu| (key_of(pdu), id_of(pdu)));
        own.chain(common.iter().cloned()).collect()
    };
    conflict.sets().into_iter().map(state).collect()
}

fn id_of(pdu: &Pdu) -> OwnedEventId {
    pdu.event_id().to_owned()
}

fn key_of(pdu: &Pdu) -> Key {
    (pdu.event_type().to_string().into(), pdu.state_key().unwrap_or_default().to_owned())
}

/// Gives events to the algorithm, which walks some way down the auth events by itself.
struct Fetch<'f, 'b> {
    building: &'f mut Building<'b>,
    found: HashMap<OwnedEventId, Option<Pdu>>,
    failed: Option<Error>,
}

impl Fetch<'_, '_> {
    fn event(&mut self, id: &EventId) -> Option<Pdu> {
        if let Some(known) = self.found.get(id) {
            return known.clone();
        }
        let event = self.load(id).unwrap_or_else(|error| {
            self.failed.get_or_insert(error);
            None
        });
        self.found.insert(id.to_owned(), event.clone());
        event
    }

    fn load(&mut self, id: &EventId) -> Result<Option<Pdu>> {
        let known = self.building.known([id])?;
        known.values().next().map(|known| self.building.known_pdu(known)).transpose()
    }
}
