//! A server's rooms in a database of their own, with some users.

use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use events::SigningKey;
use peerbrain_core::{clock::ManualClock, random::SeededRandom};
use ruma::{
    OwnedEventId, OwnedRoomId, OwnedUserId, RoomId, RoomVersionId, UserId, api::client::filter::RoomEventFilter,
    server_name,
};
use serde_json::{
    Value, json,
    value::{RawValue, to_raw_value},
};
use store::{
    Store,
    testing::{Database, each},
};

use crate::{
    EventCache, Options, Origin, Result, Rooms,
    read::{Page, PageRequest, Reader, Token},
    testing,
};

/// Rooms, and what is needed to fill them.
pub struct World {
    pub rooms: Rooms,
    clock: ManualClock,
    transactions: AtomicU64,
    _database: Database,
}

/// Runs a test in an empty world on each database.
pub async fn worlds(test: impl AsyncFn(World)) {
    each(async |database| test(World::on(database).await).await).await;
}

/// A user of this server.
pub fn user(name: &str) -> OwnedUserId {
    UserId::parse(format!("@{name}:test")).unwrap()
}

/// A user who reads, with a device of their own.
pub fn reader(name: &str) -> Reader {
    Reader { user_id: user(name), device_id: Some(format!("{name}_DEVICE").into()), ignored: HashSet::new() }
}

pub fn raw(content: Value) -> Box<RawValue> {
    to_raw_value(&content).unwrap()
}

impl World {
    async fn on(database: Database) -> Self {
        let clock = ManualClock::at(1_000_000);
        let events = EventCache::new(1_000_000);
        let options =
            store::Options { server_name: "test".into(), observers: vec![events.clone()], ..database.options() };
        let store = Store::open(options).unwrap();
        for name in ["alice", "bob", "carol"] {
            testing::name(&store, user(name).as_str(), name).await;
        }
        let accounts = testing::accounts(&store, server_name!("test"), &clock);
        let rooms = Rooms::new(Options {
            store,
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
        Self { rooms, clock, transactions: AtomicU64::new(1), _database: database }
    }

    fn tick(&self) {
        self.clock.advance(Duration::from_millis(1_000));
    }

    /// A room of alice's.
    pub async fn room(&self, request: Value) -> OwnedRoomId {
        self.tick();
        self.rooms.create(&user("alice"), serde_json::from_value(request).unwrap()).await.unwrap()
    }

    /// A room of alice's that anybody may join.
    pub async fn public_room(&self) -> OwnedRoomId {
        self.room(json!({ "preset": "public_chat" })).await
    }

    /// Sends something that is no state.
    pub async fn send(&self, room: &RoomId, name: &str, kind: &str, content: Value) -> OwnedEventId {
        self.tick();
        let txn_id = self.transactions.fetch_add(1, Ordering::Relaxed).to_string();
        let origin = Origin { device_id: format!("{name}_DEVICE").into(), txn_id };
        self.rooms.send_message(room, &user(name), kind.into(), &raw(content), origin, None).await.unwrap().event_id
    }

    /// Says something.
    pub async fn say(&self, room: &RoomId, name: &str, text: &str) -> OwnedEventId {
        self.send(room, name, "m.room.message", json!({ "msgtype": "m.text", "body": text })).await
    }

    /// Sets a key of the state.
    pub async fn set(&self, room: &RoomId, name: &str, kind: &str, key: &str, content: Value) -> OwnedEventId {
        self.tick();
        self.rooms.send_state(room, &user(name), kind.into(), key, &raw(content), None).await.unwrap().event_id
    }

    pub async fn set_visibility(&self, room: &RoomId, visibility: &str) -> OwnedEventId {
        let content = json!({ "history_visibility": visibility });
        self.set(room, "alice", "m.room.history_visibility", "", content).await
    }

    pub async fn join(&self, room: &RoomId, name: &str) {
        self.tick();
        self.rooms.join(room, &user(name), None).await.unwrap();
    }

    pub async fn leave(&self, room: &RoomId, name: &str) {
        self.tick();
        self.rooms.leave(room, &user(name), None).await.unwrap();
    }

    pub async fn invite(&self, room: &RoomId, name: &str) {
        self.tick();
        self.rooms.invite(room, &user("alice"), &user(name), None).await.unwrap();
    }

    pub async fn ban(&self, room: &RoomId, name: &str) {
        self.tick();
        self.rooms.ban(room, &user("alice"), &user(name), None).await.unwrap();
    }

    /// A page backward from the end.
    pub async fn last(&self, room: &RoomId, name: &str, limit: usize) -> Result<Page> {
        self.rooms.messages(&reader(name), room, backward(None, limit)).await
    }

    /// Everything that a user sees of a room, the oldest first, by small pages.
    pub async fn history(&self, room: &RoomId, reader: &Reader) -> Result<Vec<Value>> {
        let mut seen = Vec::new();
        let mut from = None;
        loop {
            let page = self.rooms.messages(reader, room, backward(from, 3)).await?;
            seen.extend(page.chunk.iter().map(|event| value(event)));
            from = page.end;
            if from.is_none() {
                seen.reverse();
                return Ok(seen);
            }
        }
    }
}

pub fn backward(from: Option<Token>, limit: usize) -> PageRequest {
    PageRequest { from, to: None, backward: true, limit, filter: RoomEventFilter::default() }
}

pub fn forward(from: Option<Token>, limit: usize) -> PageRequest {
    PageRequest { backward: false, ..backward(from, limit) }
}

pub fn value(event: &RawValue) -> Value {
    serde_json::from_str(event.get()).unwrap()
}

/// What was said in these events.
pub fn bodies(events: &[Value]) -> Vec<String> {
    let said = events.iter().filter(|event| event["type"] == "m.room.message");
    said.map(|event| event["content"]["body"].as_str().unwrap_or("(redacted)").to_owned()).collect()
}

/// The same of events as they are answered.
pub fn raw_bodies(events: &[Box<RawValue>]) -> Vec<String> {
    bodies(&events.iter().map(|event| value(event)).collect::<Vec<_>>())
}
