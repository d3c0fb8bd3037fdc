//! A server of its own, in a database of its own.

use std::sync::Arc;

use accounts::{Accounts, Caches, NewAccount, NewDevice, Seen};
use e2ee::{E2ee, KeyCache};
use events::SigningKey;
use peerbrain_core::{
    Clock, Config, ManualClock, SystemRandom, config, config::RegistrationMode, random::SeededRandom,
};
use rooms::{EventCache, Rooms};
use ruma::{OwnedRoomId, OwnedUserId, RoomId, RoomVersionId, ServerName, UserId, server_name};
use serde_json::{Value, json};
use store::{Store, testing::Database};
use sync::{Follower, Syncs};

use crate::{
    Federation, Options,
    devices::Devices,
    federation::Inner,
    history::{self, Check, History, Peers},
    incoming::{self, Incoming},
    testing::Lists,
};

/// The server of `a`, and all that it works with.
pub(crate) struct Server {
    pub federation: Federation,
    pub rooms: Rooms,
    /// What `b` says of the devices of its users.
    pub lists: Arc<Lists>,
    _folder: tempfile::TempDir,
}

/// A user of this server.
pub(crate) fn user(name: &str) -> OwnedUserId {
    UserId::parse(format!("@{name}:a")).unwrap()
}

impl Server {
    /// A server on this database that has nothing but these others.
    pub fn on(database: &Database, peers: Arc<dyn Peers>, checks: Arc<dyn Check>) -> Self {
        Self::with(database, peers, checks, config::Federation::default())
    }

    /// The same with a section of the configuration.
    pub fn with(
        database: &Database,
        peers: Arc<dyn Peers>,
        checks: Arc<dyn Check>,
        settings: config::Federation,
    ) -> Self {
        let name = server_name!("a");
        let clock = ManualClock::at(1_700_000_000_000);
        let (events, caches, keys) = (EventCache::new(1_000_000), Arc::<Caches>::default(), Arc::<KeyCache>::default());
        let follower = Follower::new();
        let store = Store::open(store::Options {
            server_name: name.to_string(),
            observers: vec![events.clone(), caches.clone(), keys.clone(), follower.clone()],
            ..database.options()
        })
        .unwrap();
        let accounts = accounts(&store, caches, &clock, name);
        let (key, runtime) = (Arc::new(SigningKey::generate([1; 32]).unwrap()), tokio::runtime::Handle::current());
        let time: Arc<dyn Clock> = Arc::new(clock.clone());
        let rooms = Rooms::new(rooms::Options {
            store: store.clone(),
            server_name: name.to_owned(),
            key: key.clone(),
            accounts: accounts.clone(),
            clock: time.clone(),
            random: Arc::new(SeededRandom::new(1)),
            events,
            state_cache: 1_000_000,
            default_version: RoomVersionId::V11,
            runtime: runtime.clone(),
        });
        let e2ee = E2ee::new(e2ee::Options {
            rooms: rooms.clone(),
            cache: keys,
            clock: time.clone(),
            settings: settings.clone(),
        });
        let syncs = Syncs::new(sync::Options {
            rooms: rooms.clone(),
            accounts: accounts.clone(),
            e2ee: e2ee.clone(),
            clock: time.clone(),
            follower,
            timeline_limit: 100,
            long_poll: std::time::Duration::ZERO,
            keep_answers: std::time::Duration::ZERO,
            presence: true,
        });
        let folder = tempfile::tempdir().unwrap();
        let mut inner = Inner::new(Options {
            media: media(&store, folder.path(), name),
            store,
            accounts,
            rooms: rooms.clone(),
            e2ee,
            syncs,
            server_name: name.to_owned(),
            key,
            clock: time.clone(),
            random: Arc::new(SystemRandom::new()),
            settings,
            wakes: Arc::default(),
            runtime: runtime.clone(),
        })
        .unwrap();
        let history = History::new(history::Options {
            rooms: rooms.clone(),
            peers,
            checks,
            server_name: name.to_owned(),
            runtime: runtime.clone(),
        });
        let turns = inner.turns.clone();
        inner.incoming =
            Incoming::new(incoming::Options { rooms: rooms.clone(), history: history.clone(), turns, runtime });
        inner.history = history;
        let lists = Arc::<Lists>::default();
        inner.devices = Devices::new(time, lists.clone());
        Self { federation: Federation::of(inner), rooms, lists, _folder: folder }
    }

    /// What alice is told of a room by a first sync.
    pub async fn sync(&self, room_id: &RoomId) -> Value {
        let accounts = &self.federation.inner.accounts;
        let device = NewDevice { device_id: Some("DEVICE".into()), ..NewDevice::default() };
        let username = Some("alice".into());
        let account = NewAccount { username, password: "a long password".into(), device, login: true };
        let login = accounts.register(account, None).await.unwrap().login.unwrap();
        let session = accounts.authenticate(&login.access_token, Seen::default()).await.unwrap();
        let request = sync::Request {
            session,
            since: None,
            filter: None,
            full_state: false,
            state_form: sync::StateForm::Before,
            presence: sync::PresenceState::Offline,
            timeout: std::time::Duration::ZERO,
        };
        let body = self.federation.inner.syncs.sync(request).await.unwrap();
        serde_json::from_slice::<Value>(&body).unwrap()["rooms"]["join"][room_id.as_str()].clone()
    }

    /// A room of alice's that anybody may join.
    pub async fn public_room(&self, version: &RoomVersionId) -> OwnedRoomId {
        let request: Value = json!({ "preset": "public_chat", "room_version": version });
        self.rooms.create(&user("alice"), serde_json::from_value(request).unwrap()).await.unwrap()
    }
}

fn media(store: &Store, folder: &std::path::Path, name: &ServerName) -> Arc<media::Media> {
    let folder = media::Folder::open(folder).unwrap();
    Arc::new(media::Media::new(media::Options {
        store: store.clone(),
        incoming: folder.incoming(),
        storage: Arc::new(folder),
        server_name: name.to_owned(),
        clock: Arc::new(ManualClock::at(1_700_000_000_000)),
        random: Arc::new(SystemRandom::new()),
        config: config::Media::default(),
        runtime: tokio::runtime::Handle::current(),
    }))
}

fn accounts(store: &Store, caches: Arc<Caches>, clock: &ManualClock, name: &ServerName) -> Arc<Accounts> {
    let mut config = Config::default();
    config.server.name = name.to_owned();
    config.registration.mode = RegistrationMode::Open;
    config.rate_limits.enabled = false;
    config.passwords.memory_kb = 64;
    config.passwords.passes = 1;
    Arc::new(Accounts::new(store.clone(), caches, Arc::new(clock.clone()), Arc::new(SystemRandom::new()), &config))
}
