//! A room in memory, for the tests: its events, and the state after each.

use std::collections::HashMap;

use events::{
    Error, EventBuilder, Pdu, SigningKey, VerifiedPdu, auth, canonical,
    resolve::{EventIdSet, StateMap, auth_chain},
    version,
};
use ruma::{
    EventId, MilliSecondsSinceUnixEpoch, OwnedEventId, OwnedRoomId, OwnedUserId, RoomVersionId, UInt, UserId,
    events::TimelineEventType, room_version_rules::RoomVersionRules,
};
use serde_json::{Value, json, value::to_raw_value};

pub const ALICE: &str = "@alice:one.example";
pub const BOB: &str = "@bob:one.example";
pub const CAROL: &str = "@carol:two.example";
pub const DAVE: &str = "@dave:two.example";

pub fn user(id: &str) -> OwnedUserId {
    UserId::parse(id).unwrap()
}

pub fn key() -> SigningKey {
    SigningKey::from_text("ed25519 1 YJDBA9Xnr2sVqXD9Vj7XVUnmFZcZrlw8Md7kMW+3XA1").unwrap()
}

pub fn all_versions() -> impl Iterator<Item = (RoomVersionId, &'static RoomVersionRules)> {
    version::SUPPORTED.into_iter().map(|v| (v.clone(), version::rules(&v).unwrap()))
}

/// What a new event says; the room adds the rest.
pub struct Draft<'a> {
    pub sender: &'a str,
    pub event_type: &'a str,
    pub state_key: Option<&'a str>,
    pub content: Value,
    pub ts: u32,
}

pub struct Room {
    pub rules: &'static RoomVersionRules,
    pub key: SigningKey,
    pub id: Option<OwnedRoomId>,
    pub events: HashMap<OwnedEventId, Pdu>,
    pub state_after: HashMap<OwnedEventId, StateMap>,
    /// In the order of their making.
    pub order: Vec<OwnedEventId>,
}

impl Room {
    /// An empty room; the first event must create it.
    pub fn empty(version: &RoomVersionId) -> Self {
        let rules = version::rules(version).unwrap();
        let id = (!version::room_id_is_create_hash(rules)).then(|| "!room:one.example".try_into().unwrap());
        Self { rules, key: key(), id, events: HashMap::new(), state_after: HashMap::new(), order: Vec::new() }
    }

    /// A room of Alice with some power levels, to which hers are added, open to everyone, that nobody else has joined.
    pub fn public(version: &RoomVersionId, mut levels: Value) -> Self {
        let mut room = Self::empty(version);
        if !version::room_id_is_create_hash(room.rules) {
            levels["users"][ALICE] = json!(100);
        }
        let mut create = json!({ "room_version": version });
        if !room.rules.authorization.use_room_create_sender {
            create["creator"] = json!(ALICE);
        }
        room.say(ALICE, "m.room.create", Some(""), create).unwrap();
        room.say(ALICE, "m.room.member", Some(ALICE), json!({ "membership": "join" })).unwrap();
        room.say(ALICE, "m.room.power_levels", Some(""), levels).unwrap();
        room.say(ALICE, "m.room.join_rules", Some(""), json!({ "join_rule": "public" })).unwrap();
        room
    }

    pub fn fetch(&self, id: &EventId) -> Option<Pdu> {
        self.events.get(id).cloned()
    }

    pub fn chain(&self, state: &StateMap) -> EventIdSet {
        auth_chain(state.values(), |id| self.fetch(id), 100_000).unwrap()
    }

    /// The state after the newest event, for rooms without forks.
    pub fn state(&self) -> StateMap {
        self.order.last().map(|last| self.state_after[last].clone()).unwrap_or_default()
    }

    /// Sends an event after the newest one.
    pub fn say(&mut self, sender: &str, kind: &str, key: Option<&str>, content: Value) -> Result<Pdu, Error> {
        let ts = u32::try_from(self.order.len()).unwrap();
        let prev: Vec<_> = self.order.last().cloned().into_iter().collect();
        let draft = Draft { sender, event_type: kind, state_key: key, content, ts };
        self.send(prev, self.state(), draft).map(|event| event.into_pdu(false))
    }

    /// Builds an event on the given ones, checks it against the state before it, and takes it into the room.
    pub fn send(&mut self, prev: Vec<OwnedEventId>, before: StateMap, draft: Draft<'_>) -> Result<VerifiedPdu, Error> {
        let event = self.build(prev, &before, draft)?;
        auth::check_auth_events(self.rules, &event, |id| self.fetch(id))?;
        auth::check_state(self.rules, &event, |kind, key| self.fetch(before.get(&(kind.clone(), key.to_owned()))?))?;
        let mut after = before;
        if let Some(key) = event.state_key() {
            after.insert((event.event_type().to_string().into(), key.to_owned()), event.event_id().to_owned());
        }
        self.id.get_or_insert_with(|| event.room_id().to_owned());
        self.state_after.insert(event.event_id().to_owned(), after);
        self.order.push(event.event_id().to_owned());
        self.events.insert(event.event_id().to_owned(), event.pdu().clone());
        Ok(event)
    }

    pub fn build(&self, prev: Vec<OwnedEventId>, before: &StateMap, draft: Draft<'_>) -> Result<VerifiedPdu, Error> {
        let event_type = TimelineEventType::from(draft.event_type);
        let sender = user(draft.sender);
        let raw = to_raw_value(&draft.content).unwrap();
        let auth_types = auth::auth_types(self.rules, &event_type, &sender, draft.state_key, &raw)?;
        let depth = prev.iter().map(|id| self.events[id].depth()).max().unwrap_or(0) + 1;
        EventBuilder {
            room_id: self.id.clone(),
            sender,
            event_type,
            state_key: draft.state_key.map(ToOwned::to_owned),
            content: canonical::object(raw.get())?,
            prev_events: prev,
            auth_events: auth_types.iter().filter_map(|key| before.get(key)).cloned().collect(),
            depth,
            origin_server_ts: MilliSecondsSinceUnixEpoch(UInt::from(draft.ts)),
            redacts: None,
        }
        .build(self.rules, &self.key)
    }
}
