//! A small world for the tests of this crate: a database of its own, a clock that stands still.

use std::{sync::Arc, time::Duration};

use peerbrain_core::{Config, ManualClock, SystemRandom, config::RegistrationMode};
use ruma::{OwnedUserId, server_name};
use store::{
    Options, Store,
    rooms::{Append, EventRow, Membership, MembershipChange, RoomRow, StateChange},
    testing::Database,
};

use crate::{Accounts, Caches, Credentials, Login, NewAccount, NewDevice, Result, Seen, Session};

/// Accounts on a fresh database.
pub(crate) struct World {
    pub accounts: Accounts,
    pub clock: ManualClock,
    pub store: Store,
    _database: Database,
}

impl World {
    /// With open registration and without rate limits.
    pub fn open(database: Database) -> Self {
        Self::with(database, |_| {})
    }

    /// With a configuration of its own.
    pub fn with(database: Database, change: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config::default();
        config.server.name = server_name!("example.org").to_owned();
        config.registration.mode = RegistrationMode::Open;
        config.rate_limits.enabled = false;
        config.passwords.memory_kb = 64;
        config.passwords.passes = 1;
        change(&mut config);
        let caches = Arc::new(Caches::default());
        let server_name = config.server.name.to_string();
        let options = Options { server_name, observers: vec![caches.clone()], ..database.options() };
        let store = Store::open(options).unwrap();
        let clock = ManualClock::at(1_700_000_000_000);
        let random = Arc::new(SystemRandom::new());
        let accounts = Accounts::new(store.clone(), caches, Arc::new(clock.clone()), random, &config);
        Self { accounts, clock, store, _database: database }
    }

    /// Registers a user whose password is "password NAME".
    pub async fn user(&self, name: &str) -> Login {
        let account = NewAccount {
            username: Some(name.into()),
            password: format!("password {name}"),
            device: NewDevice::default(),
            login: true,
        };
        self.accounts.register(account, None).await.unwrap().login.unwrap()
    }

    /// Logs such a user in on a device.
    pub async fn login(&self, name: &str, device_id: &str) -> Login {
        let password = format!("password {name}");
        let device = NewDevice { device_id: Some(device_id.into()), ..NewDevice::default() };
        self.accounts.login(Credentials::Password { user: name, password: &password }, device).await.unwrap()
    }

    /// Makes a room with these joined members; gives its number.
    pub async fn room(&self, room_id: &str, members: &[&OwnedUserId]) -> i64 {
        self.room_with(room_id, members, None).await
    }

    /// The same with one state event, by its type and JSON.
    pub async fn room_with(&self, room_id: &str, members: &[&OwnedUserId], state: Option<(&str, &str)>) -> i64 {
        let room = self.store.next_nid();
        let event = |(event_type, json): (&str, &str)| {
            Arc::new(EventRow {
                nid: self.store.next_nid(),
                room,
                depth: 1,
                origin_server_ts: 0,
                event_id: "$event".into(),
                event_type: event_type.into(),
                sender: "@sender:example.org".into(),
                state_key: Some(String::new()),
                replaces: None,
                state_before: 0,
                state_after: 0,
                flags: 0,
                redacted_by: None,
                device_id: None,
                txn_id: None,
                json: json.into(),
                counted: Default::default(),
            })
        };
        let events: Vec<_> = state.into_iter().map(event).collect();
        let change = |event: &Arc<EventRow>| StateChange {
            at: 0,
            event_type: event.event_type.clone(),
            state_key: String::new(),
            event: Some(event.nid),
            replaced: None,
        };
        let member = |user: &&OwnedUserId| MembershipChange {
            at: 0,
            user_id: user.to_string(),
            membership: Membership::Join,
            event: 0,
            sender: user.to_string(),
            display_name: None,
            avatar_url: None,
            local: true,
        };
        let row = RoomRow {
            nid: room,
            room_id: room_id.into(),
            version: "12".into(),
            revision: 0,
            last_position: 0,
            state: 0,
            extremities: String::new(),
            joined: 0,
            invited: 0,
            published: false,
            counted: Default::default(),
        };
        let append = Append {
            changes: events.iter().map(change).collect(),
            memberships: members.iter().map(member).collect(),
            events,
            ..Append::new(row)
        };
        self.store.append(append).await.unwrap();
        room
    }

    /// The session of a token.
    pub async fn session(&self, token: &str) -> Result<Arc<Session>> {
        self.accounts.authenticate(token, Seen::default()).await
    }
}

/// A number of milliseconds.
pub(crate) fn millis(millis: i64) -> Duration {
    Duration::from_millis(u64::try_from(millis).unwrap())
}
