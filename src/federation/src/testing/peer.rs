//! Another server, `b`, as far as one room is concerned: its users' events, and what it answers when it is asked.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use events::{EventBuilder, Pdu, Provenance, SigningKey, VerifiedPdu, auth, canonical};
use futures_util::future::BoxFuture;
use parking_lot::Mutex;
use rooms::Rooms;
use ruma::{
    EventId, MilliSecondsSinceUnixEpoch, OwnedEventId, OwnedRoomId, OwnedUserId, RoomId, ServerName, UInt, UserId,
    events::{StateEventType, TimelineEventType},
    room_version_rules::RoomVersionRules,
    serde::Base64,
    server_name,
    signatures::{PublicKeyMap, PublicKeySet},
};
use serde_json::{
    Value, json,
    value::{RawValue, to_raw_value},
};
use store::rooms::{current_state, events_by_nid};

use crate::{
    Checked, Error, Result,
    client::Place,
    history::{Check, Events, Peers, StateIds},
};

type State = BTreeMap<(StateEventType, String), OwnedEventId>;

/// What an event is to say.
pub(crate) struct Draft {
    pub sender: OwnedUserId,
    pub kind: &'static str,
    pub state_key: Option<String>,
    pub content: Value,
}

/// Bob says something.
pub(crate) fn message(text: &str) -> Draft {
    let content = json!({ "msgtype": "m.text", "body": text });
    Draft { sender: bob(), kind: "m.room.message", state_key: None, content }
}

/// Bob sets a key of the state.
pub(crate) fn state(kind: &'static str, state_key: &str, content: Value) -> Draft {
    Draft { sender: bob(), kind, state_key: Some(state_key.to_owned()), content }
}

fn bob() -> OwnedUserId {
    UserId::parse("@bob:b").unwrap()
}

/// The other server. Whatever it is asked is counted.
pub(crate) struct Peer {
    room_id: OnceLock<OwnedRoomId>,
    pub rules: &'static RoomVersionRules,
    key: SigningKey,
    graph: Mutex<Graph>,
    /// How often it was asked for anything.
    pub asked: AtomicUsize,
    /// Under which names it was asked for history, in this order.
    pub history_of: Mutex<Vec<String>>,
    /// What it puts into its answers although nobody has asked for it.
    pub extra: Mutex<Vec<String>>,
    /// Whether it gives another event than the one it is asked for.
    pub wrong: AtomicBool,
    /// Whoever asks what comes before this event panics.
    pub poison: Mutex<Option<OwnedEventId>>,
    /// How many of the next requests for a single event it does not answer.
    pub silent: AtomicUsize,
}

#[derive(Default)]
struct Graph {
    events: HashMap<OwnedEventId, Pdu>,
    before: HashMap<OwnedEventId, State>,
    after: HashMap<OwnedEventId, State>,
    /// What it does not tell of.
    hidden: HashSet<OwnedEventId>,
    time: u32,
}

impl Peer {
    /// Nothing yet.
    pub fn new(rules: &'static RoomVersionRules) -> Arc<Self> {
        let (key, room_id) = (SigningKey::generate([2; 32]).unwrap(), OnceLock::new());
        let (graph, history_of, extra, poison) =
            (Mutex::default(), Mutex::default(), Mutex::default(), Mutex::default());
        let (asked, wrong, silent) = (AtomicUsize::default(), AtomicBool::default(), AtomicUsize::default());
        Arc::new(Self { room_id, rules, key, graph, asked, history_of, extra, poison, wrong, silent })
    }

    /// Takes over the room as it is on another server: its state, and its newest event.
    pub async fn learn(&self, rooms: &Rooms, room_id: &RoomId) -> OwnedEventId {
        let room = rooms.room(self.room_id.get_or_init(|| room_id.to_owned())).await.unwrap();
        let mut nids: Vec<i64> = room.extremities.split(',').map(|nid| nid.parse().unwrap()).collect();
        let read = rooms.store().read(move |conn| {
            nids.extend(current_state(conn, room.nid)?.into_iter().map(|(_, _, nid)| nid));
            Ok((nids.first().copied(), events_by_nid(conn, &nids)?))
        });
        let (newest, rows) = read.await.unwrap();
        let mut graph = self.graph.lock();
        let (mut state, mut last) = (State::new(), None);
        for row in rows {
            let pdu = Pdu::from_stored(row.json.as_str(), row.event_id.parse().unwrap(), self.rules, false).unwrap();
            if newest == Some(row.nid) {
                last = Some(pdu.event_id().to_owned());
            }
            if let Some(state_key) = pdu.state_key() {
                state.insert((pdu.event_type().to_string().into(), state_key.to_owned()), pdu.event_id().to_owned());
            }
            graph.events.insert(pdu.event_id().to_owned(), pdu);
        }
        let last = last.unwrap();
        graph.after.insert(last.clone(), state);
        last
    }

    /// Makes an event after others, all of which have the same state.
    pub fn make(&self, prev: &[&EventId], draft: Draft) -> VerifiedPdu {
        let mut graph = self.graph.lock();
        graph.time += 1;
        let before = graph.after[prev[0]].clone();
        let event = self.build(&graph, prev.iter().map(|id| (*id).to_owned()).collect(), &before, draft);
        let id = event.event_id().to_owned();
        let mut after = before.clone();
        if let Some(state_key) = event.state_key() {
            after.insert((event.event_type().to_string().into(), state_key.to_owned()), id.clone());
        }
        graph.events.insert(id.clone(), event.pdu().clone());
        graph.before.insert(id.clone(), before);
        graph.after.insert(id, after);
        event
    }

    /// Makes a line of messages.
    pub fn line(&self, after: &EventId, count: usize) -> Vec<VerifiedPdu> {
        let (mut line, mut last) = (Vec::new(), after.to_owned());
        for n in 0..count {
            let event = self.make(&[&last], message(&n.to_string()));
            last = event.event_id().to_owned();
            line.push(event);
        }
        line
    }

    /// Makes an event after ones that need not be.
    pub fn invent(&self, prev: Vec<OwnedEventId>, like: &EventId) -> VerifiedPdu {
        let mut graph = self.graph.lock();
        graph.time += 1;
        let before = graph.after[like].clone();
        self.build(&graph, prev, &before, message("invented"))
    }

    /// Makes an event of another room, of which nothing else is known.
    pub fn elsewhere(&self, room_id: &RoomId, draft: Draft, auth_events: Vec<OwnedEventId>) -> VerifiedPdu {
        let content = to_raw_value(&draft.content).unwrap();
        let builder = EventBuilder {
            room_id: Some(room_id.to_owned()),
            sender: draft.sender,
            event_type: draft.kind.into(),
            state_key: draft.state_key,
            content: canonical::object(content.get()).unwrap(),
            prev_events: auth_events.clone(),
            auth_events,
            depth: 5,
            origin_server_ts: MilliSecondsSinceUnixEpoch(UInt::from(5_u32)),
            redacts: None,
        };
        builder.build(self.rules, &self.key).unwrap()
    }

    /// Does not tell of an event any more.
    pub fn hide(&self, id: &EventId) {
        self.graph.lock().hidden.insert(id.to_owned());
    }

    /// Tells of it again.
    pub fn reveal(&self, id: &EventId) {
        self.graph.lock().hidden.remove(id);
    }

    fn build(&self, graph: &Graph, prev_events: Vec<OwnedEventId>, before: &State, draft: Draft) -> VerifiedPdu {
        let event_type = TimelineEventType::from(draft.kind);
        let raw = to_raw_value(&draft.content).unwrap();
        let keys = auth::auth_types(self.rules, &event_type, &draft.sender, draft.state_key.as_deref(), &raw).unwrap();
        let depth = prev_events.iter().filter_map(|id| graph.events.get(id)).map(Pdu::depth).max().unwrap_or(0) + 1;
        let builder = EventBuilder {
            room_id: self.room_id.get().cloned(),
            sender: draft.sender,
            event_type,
            state_key: draft.state_key,
            content: canonical::object(raw.get()).unwrap(),
            prev_events,
            auth_events: keys.iter().filter_map(|key| before.get(key)).cloned().collect(),
            depth,
            origin_server_ts: MilliSecondsSinceUnixEpoch(UInt::from(graph.time)),
            redacts: None,
        };
        builder.build(self.rules, &self.key).unwrap()
    }

    fn ask<'a, T: Send + 'a>(
        &'a self,
        answer: impl FnOnce(&Graph) -> Option<T> + Send + 'a,
    ) -> BoxFuture<'a, Result<T>> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        Box::pin(async move {
            let nothing = || Error::NotFound("nothing".into());
            answer(&self.graph.lock()).ok_or_else(nothing)
        })
    }
}

impl Peer {
    /// An answer of many events, with what the other server adds to it.
    fn ask_many<'a>(
        &'a self,
        answer: impl FnOnce(&Graph) -> Option<Events> + Send + 'a,
    ) -> BoxFuture<'a, Result<Events>> {
        self.ask(move |graph| {
            let extra = self.extra.lock();
            Some(extra.iter().map(|text| RawValue::from_string(text.clone()).unwrap()).chain(answer(graph)?).collect())
        })
    }
}

/// The text of an event, as it comes over the network.
pub(crate) fn raw(pdu: &Pdu) -> Box<RawValue> {
    RawValue::from_string(pdu.json().to_owned()).unwrap()
}

impl Graph {
    fn get(&self, id: &EventId) -> Option<&Pdu> {
        self.events.get(id).filter(|_| !self.hidden.contains(id))
    }

    /// Events before these, the nearest first.
    fn walk(&self, mut next: Vec<OwnedEventId>, until: &[OwnedEventId], limit: usize) -> Events {
        let (mut seen, mut found): (HashSet<OwnedEventId>, Events) = (HashSet::new(), Vec::new());
        while !next.is_empty() && found.len() < limit {
            let id = next.remove(0);
            if until.contains(&id) || !seen.insert(id.clone()) {
                continue;
            }
            let Some(pdu) = self.get(&id) else { continue };
            found.push(raw(pdu));
            next.extend(pdu.prev_events().iter().cloned());
        }
        found
    }

    fn auth_chain(&self, of: impl IntoIterator<Item = OwnedEventId>) -> Vec<OwnedEventId> {
        let mut next: Vec<OwnedEventId> = of.into_iter().collect();
        let mut chain = HashSet::new();
        while let Some(id) = next.pop() {
            for auth in self.events.get(&id).map_or(&[][..], Pdu::auth_events) {
                if chain.insert(auth.clone()) {
                    next.push(auth.clone());
                }
            }
        }
        chain.into_iter().collect()
    }
}

impl Peers for Peer {
    fn missing_events<'a>(
        &'a self,
        server: &'a ServerName,
        _: &'a RoomId,
        earliest: Vec<OwnedEventId>,
        latest: Vec<OwnedEventId>,
        limit: u32,
    ) -> BoxFuture<'a, Result<Events>> {
        self.history_of.lock().push(server.to_string());
        assert!(!self.poison.lock().as_ref().is_some_and(|id| latest.contains(id)), "a test");
        self.ask_many(move |graph| {
            let before = latest.iter().filter_map(|id| graph.events.get(id)).flat_map(|pdu| pdu.prev_events().to_vec());
            Some(graph.walk(before.collect(), &earliest, limit.min(20) as usize))
        })
    }

    fn state_ids<'a>(&'a self, _: &'a ServerName, _: &'a RoomId, id: OwnedEventId) -> BoxFuture<'a, Result<StateIds>> {
        self.ask(move |graph| {
            let state: Vec<OwnedEventId> = graph.before.get(&id)?.values().cloned().collect();
            Some(StateIds { auth_chain: graph.auth_chain(state.clone()), state })
        })
    }

    fn state<'a>(
        &'a self,
        _: &'a ServerName,
        _: &'a RoomId,
        id: OwnedEventId,
        _: &'a Place,
    ) -> BoxFuture<'a, Result<Events>> {
        self.ask_many(move |graph| {
            let state: Vec<OwnedEventId> = graph.before.get(&id)?.values().cloned().collect();
            let all = graph.auth_chain(state.clone()).into_iter().chain(state);
            Some(all.filter_map(|id| graph.get(&id).map(raw)).collect())
        })
    }

    fn event<'a>(&'a self, server: &'a ServerName, id: OwnedEventId) -> BoxFuture<'a, Result<Box<RawValue>>> {
        if self.silent.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok() {
            let error = Error::Unreachable { server: server.to_owned(), reason: "silence".into() };
            return Box::pin(async { Err(error) });
        }
        let wrong = self.wrong.load(Ordering::SeqCst);
        self.ask(move |graph| {
            graph
                .events
                .values()
                .find(|pdu| (pdu.event_id() == id) != wrong)
                .filter(|pdu| graph.get(pdu.event_id()).is_some())
                .map(raw)
        })
    }

    fn event_auth<'a>(
        &'a self,
        _: &'a ServerName,
        _: &'a RoomId,
        id: OwnedEventId,
        _: &'a Place,
    ) -> BoxFuture<'a, Result<Events>> {
        self.ask_many(move |graph| {
            let chain = graph.auth_chain([id]);
            Some(chain.iter().filter_map(|id| graph.get(id).map(raw)).collect())
        })
    }

    fn backfill<'a>(
        &'a self,
        server: &'a ServerName,
        _: &'a RoomId,
        events: Vec<OwnedEventId>,
        limit: u32,
    ) -> BoxFuture<'a, Result<Events>> {
        self.history_of.lock().push(server.to_string());
        self.ask_many(move |graph| Some(graph.walk(events, &[], limit as usize)))
    }

    fn timestamp_to_event<'a>(
        &'a self,
        _: &'a ServerName,
        _: &'a RoomId,
        ts: i64,
        backward: bool,
    ) -> BoxFuture<'a, Result<(OwnedEventId, i64)>> {
        self.ask(move |graph| {
            let at = |pdu: &Pdu| i64::from(pdu.origin_server_ts().get());
            let all = graph.events.values().filter(|pdu| if backward { at(pdu) <= ts } else { at(pdu) >= ts });
            let next = all.min_by_key(|pdu| (at(pdu) - ts).abs())?;
            Some((next.event_id().to_owned(), at(next)))
        })
    }
}

/// Checks with the keys of both servers, the second one of which goes by some more names.
pub(crate) struct Keys(PublicKeyMap);

impl Keys {
    pub fn new() -> Arc<Self> {
        let others = ["c", "d", "e", "f", "g"].map(|name| (<&ServerName>::try_from(name).unwrap(), 2));
        let keys = [(server_name!("a"), 1), (server_name!("b"), 2)].into_iter().chain(others);
        let of = |(server, seed): (&ServerName, u8)| {
            let key = SigningKey::generate([seed; 32]).unwrap();
            let set = PublicKeySet::from([(key.key_id(), Base64::new(key.public_key().to_vec()))]);
            (server.to_string(), set)
        };
        Arc::new(Self(keys.map(of).collect()))
    }
}

impl Check for Keys {
    fn check(
        &self,
        rules: &'static RoomVersionRules,
        events: Vec<Box<RawValue>>,
        provenance: Provenance,
    ) -> BoxFuture<'_, Vec<Checked>> {
        let check = |event: Box<RawValue>| Checked {
            event_id: VerifiedPdu::id_of(event.get(), rules).ok(),
            outcome: VerifiedPdu::receive(event.get(), rules, &self.0, provenance),
        };
        let checked = events.into_iter().map(check).collect();
        Box::pin(async move { checked })
    }
}
