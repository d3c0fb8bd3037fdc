//! A server of its own: rooms, accounts, syncs, and users with devices.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use accounts::{Accounts, Caches, NewAccount, NewDevice, Seen, Session};
use e2ee::{E2ee, KeyCache};
use events::SigningKey;
use peerbrain_core::{
    Config,
    clock::ManualClock,
    config::RegistrationMode,
    random::{SeededRandom, SystemRandom},
};
use rooms::{EventCache, Origin, Rooms};
use ruma::{OwnedEventId, OwnedRoomId, OwnedUserId, RoomId, RoomVersionId, UserId, server_name};
use serde_json::{
    Value, json,
    value::{RawValue, to_raw_value},
};
use store::{Store, testing::Database};
use sync::{Follower, Options, PresenceState, Request, StateForm, Syncs};

use crate::client::Client;

pub struct World {
    pub store: Store,
    pub rooms: Rooms,
    pub accounts: Arc<Accounts>,
    pub syncs: Syncs,
    pub e2ee: E2ee,
    pub clock: ManualClock,
    transactions: AtomicU64,
    _database: Database,
}

pub fn user(name: &str) -> OwnedUserId {
    UserId::parse(format!("@{name}:test")).unwrap()
}

fn raw(content: Value) -> Box<RawValue> {
    to_raw_value(&content).unwrap()
}

/// What a test asks for.
#[derive(Clone, Default)]
pub struct Ask {
    pub since: Option<String>,
    pub filter: Option<Value>,
    pub full_state: bool,
    pub form: StateForm,
    pub presence: PresenceState,
    pub timeout: Duration,
}

impl World {
    pub async fn new() -> Self {
        Self::keeping(Duration::ZERO).await
    }

    /// One that gives repeated requests the same answer for so long.
    pub async fn keeping(keep_answers: Duration) -> Self {
        Self::on(Database::wanted(), keep_answers).await
    }

    pub async fn on(database: Database, keep_answers: Duration) -> Self {
        let clock = ManualClock::at(1_700_000_000_000);
        let mut config = Config::default();
        config.server.name = server_name!("test").to_owned();
        config.registration.mode = RegistrationMode::Open;
        config.rate_limits.enabled = false;
        config.passwords.memory_kb = 64;
        config.passwords.passes = 1;
        let events = EventCache::new(1_000_000);
        let caches = Arc::new(Caches::default());
        let follower = Follower::new();
        let keys = Arc::new(KeyCache::default());
        let store = Store::open(store::Options {
            target: database.target.clone(),
            server_name: "test".into(),
            readers: 4,
            slow_readers: 1,
            observers: vec![events.clone(), caches.clone(), keys.clone(), follower.clone()],
        })
        .unwrap();
        let random = Arc::new(SystemRandom::new());
        let accounts = Arc::new(Accounts::new(store.clone(), caches, Arc::new(clock.clone()), random, &config));
        let rooms = Rooms::new(rooms::Options {
            store: store.clone(),
            server_name: server_name!("test").to_owned(),
            key: Arc::new(SigningKey::generate([7; 32]).unwrap()),
            accounts: accounts.clone(),
            clock: Arc::new(clock.clone()),
            random: Arc::new(SeededRandom::new(1)),
            events,
            state_cache: 1_000_000,
            default_version: RoomVersionId::V11,
            runtime: tokio::runtime::Handle::current(),
        });
        let e2ee = E2ee::new(e2ee::Options {
            rooms: rooms.clone(),
            cache: keys,
            clock: Arc::new(clock.clone()),
            settings: config.federation.clone(),
        });
        let syncs = Syncs::new(Options {
            rooms: rooms.clone(),
            e2ee: e2ee.clone(),
            accounts: accounts.clone(),
            clock: Arc::new(clock.clone()),
            follower,
            timeline_limit: 100,
            long_poll: Duration::from_secs(60),
            keep_answers,
            presence: true,
        });
        Self { store, rooms, accounts, syncs, e2ee, clock, transactions: AtomicU64::new(1), _database: database }
    }

    /// Registers a user.
    pub async fn session(&self, name: &str) -> Arc<Session> {
        let account = NewAccount {
            username: Some(name.into()),
            password: format!("password {name}"),
            device: NewDevice { device_id: Some(format!("{name}_DEVICE")), ..NewDevice::default() },
            login: true,
        };
        let login = self.accounts.register(account, None).await.unwrap().login.unwrap();
        self.accounts.authenticate(&login.access_token, Seen::default()).await.unwrap()
    }

    /// Registers a user who syncs.
    pub async fn client(&self, name: &str) -> Client<'_> {
        Client::new(self, self.session(name).await)
    }

    pub async fn sync(&self, session: &Arc<Session>, ask: Ask) -> sync::Result<Value> {
        let body = self.bytes(session, ask).await?;
        Ok(serde_json::from_slice(&body).expect("an answer is JSON"))
    }

    pub async fn bytes(&self, session: &Arc<Session>, ask: Ask) -> sync::Result<bytes::Bytes> {
        let request = Request {
            session: session.clone(),
            since: ask.since,
            filter: ask.filter.map(|filter| match filter {
                Value::String(id) => id,
                filter => filter.to_string(),
            }),
            full_state: ask.full_state,
            state_form: ask.form,
            presence: ask.presence,
            timeout: ask.timeout,
        };
        self.syncs.sync(request).await
    }

    fn tick(&self) {
        self.clock.advance(Duration::from_secs(1));
    }

    /// A public room of this user's.
    pub async fn room(&self, name: &str) -> OwnedRoomId {
        self.room_with(name, json!({ "preset": "public_chat" })).await
    }

    pub async fn room_with(&self, name: &str, request: Value) -> OwnedRoomId {
        self.tick();
        self.rooms.create(&user(name), serde_json::from_value(request).unwrap()).await.unwrap()
    }

    pub async fn send(&self, room: &RoomId, name: &str, kind: &str, content: Value) -> OwnedEventId {
        self.tick();
        let txn_id = format!("txn{}", self.transactions.fetch_add(1, Ordering::Relaxed));
        let origin = Origin { device_id: format!("{name}_DEVICE").into(), txn_id };
        self.rooms.send_message(room, &user(name), kind.into(), &raw(content), origin, None).await.unwrap().event_id
    }

    pub async fn say(&self, room: &RoomId, name: &str, text: &str) -> OwnedEventId {
        self.send(room, name, "m.room.message", json!({ "msgtype": "m.text", "body": text })).await
    }

    pub async fn set(&self, room: &RoomId, name: &str, kind: &str, key: &str, content: Value) -> OwnedEventId {
        self.tick();
        self.rooms.send_state(room, &user(name), kind.into(), key, &raw(content), None).await.unwrap().event_id
    }

    pub async fn topic(&self, room: &RoomId, name: &str, topic: &str) -> OwnedEventId {
        self.set(room, name, "m.room.topic", "", json!({ "topic": topic })).await
    }

    pub async fn join(&self, room: &RoomId, name: &str) {
        self.tick();
        self.rooms.join(room, &user(name), None).await.unwrap();
    }

    pub async fn leave(&self, room: &RoomId, name: &str) {
        self.tick();
        self.rooms.leave(room, &user(name), None).await.unwrap();
    }

    pub async fn invite(&self, room: &RoomId, name: &str, whom: &str) {
        self.tick();
        self.rooms.invite(room, &user(name), &user(whom), None).await.unwrap();
    }

    pub async fn ban(&self, room: &RoomId, name: &str, whom: &str) {
        self.tick();
        self.rooms.ban(room, &user(name), &user(whom), None).await.unwrap();
    }

    pub async fn set_account_data(&self, name: &str, room: Option<&RoomId>, kind: &str, content: Value) {
        let content = serde_json::value::to_raw_value(&content).unwrap();
        self.accounts.set_account_data(&user(name), room, kind, &content).await.unwrap();
    }

    pub async fn redact(&self, room: &RoomId, name: &str, event: &ruma::EventId) {
        self.tick();
        let txn_id = format!("txn{}", self.transactions.fetch_add(1, Ordering::Relaxed));
        let origin = Origin { device_id: format!("{name}_DEVICE").into(), txn_id };
        self.rooms.redact(room, &user(name), event, None, origin).await.unwrap();
    }

    /// The time of now as a text, which is never the same.
    pub fn clock_text(&self) -> String {
        use peerbrain_core::clock::Clock;
        self.clock.now_ms().to_string()
    }
}
