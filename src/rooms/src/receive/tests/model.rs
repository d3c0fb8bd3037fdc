//! A room's graph in memory, judged by the plain algorithms: full states, full auth chains.

use std::collections::{BTreeMap, HashMap, HashSet};

use events::{
    EventBuilder, Pdu, SigningKey, VerifiedPdu, auth, canonical,
    resolve::{self, EventIdSet, StateMap},
    version,
};
use ruma::{
    EventId, MilliSecondsSinceUnixEpoch, OwnedEventId, OwnedRoomId, OwnedUserId, RoomId, RoomVersionId, UInt, UserId,
    events::{StateEventType, TimelineEventType},
    room_version_rules::RoomVersionRules,
};
use serde_json::{Value, json};

use crate::Adoption;

/// The time at which rooms begin.
pub const NOW: u64 = 1_700_000_000_000;

/// Far more than a test's room has.
pub const LIMIT: usize = 100_000;

pub struct ModelEvent {
    pub event: VerifiedPdu,
    pub before: StateMap,
    pub after: StateMap,
    pub rejected: bool,
}

/// What an event is to say.
pub struct Draft {
    pub sender: OwnedUserId,
    pub kind: &'static str,
    pub state_key: Option<String>,
    pub content: Value,
    pub redacts: Option<OwnedEventId>,
}

pub struct Model {
    pub version: RoomVersionId,
    pub rules: &'static RoomVersionRules,
    pub room_id: Option<OwnedRoomId>,
    pub events: Vec<ModelEvent>,
    pub index: HashMap<OwnedEventId, usize>,
    keys: BTreeMap<String, SigningKey>,
    time: u64,
}

pub fn user(id: &str) -> OwnedUserId {
    UserId::parse(id).unwrap()
}

pub fn state(sender: &str, kind: &'static str, state_key: &str, content: Value) -> Draft {
    Draft { sender: user(sender), kind, state_key: Some(state_key.into()), content, redacts: None }
}

pub fn message(sender: &str, text: &str) -> Draft {
    let content = json!({ "msgtype": "m.text", "body": text });
    Draft { sender: user(sender), kind: "m.room.message", state_key: None, content, redacts: None }
}

pub fn member(sender: &str, target: &str, membership: &str) -> Draft {
    state(sender, "m.room.member", target, json!({ "membership": membership }))
}

impl Model {
    /// A public room of alice's, in which bob is a moderator (but not yet a member).
    pub fn new(version: RoomVersionId) -> Self {
        let keys = ["a", "b", "c"].iter().enumerate();
        let keys = keys.map(|(i, name)| (name.to_string(), SigningKey::generate([i as u8 + 1; 32]).unwrap())).collect();
        let rules = version::rules(&version).unwrap();
        let v12 = version::room_id_is_create_hash(rules);
        let room_id = (!v12).then(|| RoomId::parse("!room:a").unwrap());
        let mut model = Self { version, rules, room_id, events: Vec::new(), index: HashMap::new(), keys, time: NOW };
        let create = json!({ "room_version": model.version, "creator": "@alice:a" });
        let create = model.add(&[], state("@alice:a", "m.room.create", "", create));
        model.room_id = Some(model.events[create].event.room_id().to_owned());
        let mut last = create;
        let first = [
            member("@alice:a", "@alice:a", "join"),
            state("@alice:a", "m.room.power_levels", "", model.levels(&[("@bob:b", 50)])),
            state("@alice:a", "m.room.join_rules", "", json!({ "join_rule": "public" })),
        ];
        for draft in first {
            last = model.add(&[last], draft);
        }
        model
    }

    /// Power levels in which alice has 100.
    pub fn levels(&self, users: &[(&str, i64)]) -> Value {
        let mut levels: BTreeMap<&str, i64> = users.iter().copied().collect();
        // From version 12 on, the creator is above all levels and may not be named.
        if !version::room_id_is_create_hash(self.rules) {
            levels.insert("@alice:a", 100);
        }
        json!({ "users": levels, "state_default": 50, "invite": 0, "kick": 50, "ban": 50, "redact": 50 })
    }

    pub fn id(&self, index: usize) -> &EventId {
        self.events[index].event.event_id()
    }

    pub fn event(&self, index: usize) -> &VerifiedPdu {
        &self.events[index].event
    }

    pub fn fetch(&self, id: &EventId) -> Option<Pdu> {
        let event = self.events.get(*self.index.get(id)?)?;
        Some(event.event.pdu().with_rejected(event.rejected))
    }

    /// Builds an event after these, with the right auth events.
    pub fn build(&mut self, prev: &[usize], draft: Draft) -> VerifiedPdu {
        let before = self.resolve(&prev.iter().map(|i| self.events[*i].after.clone()).collect::<Vec<_>>());
        self.build_by(prev, draft, &before)
    }

    /// Builds an event after these, with auth events of any state.
    pub fn build_by(&mut self, prev: &[usize], draft: Draft, by: &StateMap) -> VerifiedPdu {
        self.time += 1 + self.time % 3;
        let content = canonical::object_from(&draft.content).unwrap();
        let raw = serde_json::value::to_raw_value(&draft.content).unwrap();
        let event_type = TimelineEventType::from(draft.kind);
        let types = auth::auth_types(self.rules, &event_type, &draft.sender, draft.state_key.as_deref(), &raw).unwrap();
        let builder = EventBuilder {
            room_id: self.room_id.clone(),
            sender: draft.sender.clone(),
            event_type,
            state_key: draft.state_key,
            content,
            prev_events: prev.iter().map(|i| self.id(*i).to_owned()).collect(),
            auth_events: types.iter().filter_map(|key| by.get(key).cloned()).collect(),
            depth: prev.iter().map(|i| self.events[*i].event.depth()).max().unwrap_or(0) + 1,
            origin_server_ts: MilliSecondsSinceUnixEpoch(UInt::new_saturating(self.time)),
            redacts: draft.redacts,
        };
        builder.build(self.rules, &self.keys[draft.sender.server_name().as_str()]).unwrap()
    }

    /// Builds, judges and adds an event.
    pub fn add(&mut self, prev: &[usize], draft: Draft) -> usize {
        let event = self.build(prev, draft);
        self.insert(prev, event)
    }

    /// Judges and adds an event.
    pub fn insert(&mut self, prev: &[usize], event: VerifiedPdu) -> usize {
        let before = self.resolve(&prev.iter().map(|i| self.events[*i].after.clone()).collect::<Vec<_>>());
        let rejected = !self.allows(&event, &before);
        let mut after = before.clone();
        if let (Some(state_key), false) = (event.state_key(), rejected) {
            after.insert((event.event_type().to_string().into(), state_key.to_owned()), event.event_id().to_owned());
        }
        self.index.insert(event.event_id().to_owned(), self.events.len());
        self.events.push(ModelEvent { event, before, after, rejected });
        self.events.len() - 1
    }

    fn allows(&self, event: &VerifiedPdu, before: &StateMap) -> bool {
        let create = self.events.first().map(|create| create.event.pdu().clone());
        let by_itself = |event_type: &StateEventType, state_key: &str| {
            if *event_type == StateEventType::RoomCreate {
                return create.clone();
            }
            let event_type = TimelineEventType::from(event_type.clone());
            let all = event.auth_events().iter().filter_map(|id| self.fetch(id));
            all.into_iter().find(|event| event.is_state(&event_type, state_key))
        };
        let in_state = |event_type: &StateEventType, state_key: &str| {
            self.fetch(before.get(&(event_type.clone(), state_key.to_owned()))?)
        };
        auth::check_auth_events(self.rules, event, |id| self.fetch(id)).is_ok()
            && auth::check_state(self.rules, event, by_itself).is_ok()
            && auth::check_state(self.rules, event, in_state).is_ok()
    }

    /// What a server tells who has joined through it by this event.
    pub fn adoption(&self, join: usize) -> Adoption {
        let ModelEvent { event, before, .. } = &self.events[join];
        let state: HashSet<&OwnedEventId> = before.values().collect();
        let named = before.values().chain(event.auth_events());
        let chain = resolve::auth_chain(named, |id| self.fetch(id), LIMIT).unwrap();
        let of = |id: &OwnedEventId| self.event(self.index[id]).clone();
        Adoption {
            room_id: event.room_id().to_owned(),
            version: self.version.clone(),
            state: state.iter().map(|id| of(id)).collect(),
            auth_chain: chain.iter().filter(|id| !state.contains(id)).map(of).collect(),
            join: event.clone(),
        }
    }

    /// The ids of the state before an event.
    pub fn told(&self, index: usize) -> Vec<OwnedEventId> {
        self.events[index].before.values().cloned().collect()
    }

    /// What must be known before an event can be taken in with a told state.
    pub fn needed(&self, index: usize) -> Vec<VerifiedPdu> {
        let Adoption { state, auth_chain, .. } = self.adoption(index);
        state.into_iter().chain(auth_chain).collect()
    }

    /// The full auth chain of a state.
    pub fn chain(&self, state: &StateMap) -> EventIdSet {
        resolve::auth_chain(state.values(), |id| self.fetch(id), LIMIT).unwrap()
    }

    pub fn resolve(&self, states: &[StateMap]) -> StateMap {
        let Some(first) = states.first() else { return StateMap::new() };
        if states.iter().all(|state| state == first) {
            return first.clone();
        }
        let chains = states.iter().map(|state| self.chain(state)).collect();
        let fetch = |id: &EventId| self.fetch(id);
        let subgraph = |conflicted: &_| resolve::conflicted_subgraph(conflicted, fetch, LIMIT).ok();
        resolve::resolve(self.rules, states, chains, fetch, subgraph).unwrap()
    }
}
