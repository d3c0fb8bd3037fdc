//! A server's rooms with a search over them.

use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use accounts::{Accounts, Caches};
use events::SigningKey;
use peerbrain_core::{
    Config,
    clock::ManualClock,
    random::{SeededRandom, SystemRandom},
};
use peerbrain_search::{Answer, Criteria, OrderBy, Search};
use rooms::{EventCache, Origin, Reader, Rooms};
use ruma::{OwnedEventId, OwnedRoomId, OwnedUserId, RoomId, RoomVersionId, UserId, server_name};
use serde_json::{
    Value, json,
    value::{RawValue, to_raw_value},
};
use store::{
    Options, Store,
    testing::{Database, each},
};

pub struct World {
    pub store: Store,
    pub rooms: Rooms,
    pub search: Search,
    clock: ManualClock,
    transactions: AtomicU64,
    _database: Database,
}

/// Runs a test in an empty world on each database.
pub async fn worlds(test: impl AsyncFn(World)) {
    each(async |database| test(World::on(database)).await).await;
}

pub fn user(name: &str) -> OwnedUserId {
    UserId::parse(format!("@{name}:test")).unwrap()
}

pub fn reader(name: &str) -> Reader {
    Reader { user_id: user(name), device_id: None, ignored: HashSet::new() }
}

fn raw(content: Value) -> Box<RawValue> {
    to_raw_value(&content).unwrap()
}

pub fn criteria(term: &str) -> Criteria {
    Criteria {
        term: term.into(),
        fields: None,
        filter: Default::default(),
        order_by: OrderBy::Recent,
        context: None,
        include_state: false,
        group_by: Vec::new(),
        next_batch: None,
    }
}

/// The ids of the events of an answer.
pub fn ids(answer: &Answer) -> Vec<String> {
    let id = |text: &str| serde_json::from_str::<Value>(text).unwrap()["event_id"].as_str().unwrap().to_owned();
    answer.results.iter().map(|hit| id(hit.result.get())).collect()
}

impl World {
    fn on(database: Database) -> Self {
        let clock = ManualClock::at(1_700_000_000_000);
        let mut config = Config::default();
        config.server.name = server_name!("test").to_owned();
        let events = EventCache::new(1_000_000);
        let caches = Arc::new(Caches::default());
        let options = Options {
            server_name: "test".into(),
            observers: vec![events.clone(), caches.clone()],
            ..database.options()
        };
        let store = Store::open(options).unwrap();
        let random = Arc::new(SystemRandom::new());
        let accounts = Arc::new(Accounts::new(store.clone(), caches, Arc::new(clock.clone()), random, &config));
        let rooms = Rooms::new(rooms::Options {
            store: store.clone(),
            server_name: server_name!("test").to_owned(),
            key: Arc::new(SigningKey::generate([7; 32]).unwrap()),
            accounts,
            clock: Arc::new(clock.clone()),
            random: Arc::new(SeededRandom::new(1)),
            events,
            state_cache: 1_000_000,
            default_version: RoomVersionId::V11,
            runtime: tokio::runtime::Handle::current(),
        });
        let search = Search::new(rooms.clone());
        Self { store, rooms, search, clock, transactions: AtomicU64::new(1), _database: database }
    }

    pub async fn room(&self, owner: &str) -> OwnedRoomId {
        let request = serde_json::from_value(json!({ "preset": "public_chat" })).unwrap();
        self.rooms.create(&user(owner), request).await.unwrap()
    }

    pub async fn join(&self, room: &RoomId, name: &str) {
        self.rooms.join(room, &user(name), None).await.unwrap();
    }

    pub async fn send(&self, room: &RoomId, name: &str, content: Value) -> OwnedEventId {
        self.clock.advance(Duration::from_millis(10));
        let txn_id = self.transactions.fetch_add(1, Ordering::Relaxed).to_string();
        let origin = Origin { device_id: "DEVICE".into(), txn_id };
        let kind = "m.room.message".into();
        self.rooms.send_message(room, &user(name), kind, &raw(content), origin, None).await.unwrap().event_id
    }

    pub async fn say(&self, room: &RoomId, name: &str, body: &str) -> OwnedEventId {
        self.send(room, name, json!({ "msgtype": "m.text", "body": body })).await
    }

    pub async fn edit(&self, room: &RoomId, name: &str, event: &OwnedEventId, body: &str) -> OwnedEventId {
        let content = json!({
            "msgtype": "m.text",
            "body": format!("* {body}"),
            "m.new_content": { "msgtype": "m.text", "body": body },
            "m.relates_to": { "rel_type": "m.replace", "event_id": event },
        });
        self.send(room, name, content).await
    }

    pub async fn set_state(&self, room: &RoomId, name: &str, kind: &str, content: Value) -> OwnedEventId {
        let (sender, content) = (user(name), raw(content));
        self.rooms.send_state(room, &sender, kind.into(), "", &content, None).await.unwrap().event_id
    }

    pub async fn redact(&self, room: &RoomId, name: &str, event: &OwnedEventId) {
        let txn_id = self.transactions.fetch_add(1, Ordering::Relaxed).to_string();
        let origin = Origin { device_id: "DEVICE".into(), txn_id };
        self.rooms.redact(room, &user(name), event, None, origin).await.unwrap();
    }

    /// What somebody finds; the index is brought up to date before.
    pub async fn find(&self, name: &str, criteria: Criteria) -> Answer {
        self.search.catch_up().await.unwrap();
        self.search.search(&reader(name), criteria).await.unwrap()
    }

    pub async fn finds(&self, name: &str, term: &str) -> Vec<String> {
        ids(&self.find(name, criteria(term)).await)
    }

    /// Checks that somebody finds these events, the newest first.
    pub async fn expect(&self, name: &str, term: &str, events: &[&OwnedEventId]) {
        let events: Vec<String> = events.iter().map(ToString::to_string).collect();
        assert_eq!(self.finds(name, term).await, events, "{name} looks for {term:?}");
    }
}
