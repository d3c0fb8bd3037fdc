//! A server with rooms that others are in.

use std::{
    sync::{Arc, atomic::AtomicI64, atomic::Ordering},
    time::Duration,
};

use accounts::{Accounts, Caches};
use events::SigningKey;
use parking_lot::Mutex;
use peerbrain_core::{Config, SystemClock, SystemRandom, config};
use rooms::{EventCache, Rooms};
use ruma::{RoomVersionId, server_name};
use store::{
    Store,
    federation::{destinations, outbox},
    rooms::{Append, EventCounts, EventRow, Membership, MembershipChange, RoomCounts, RoomRow},
    testing::Database,
};
use sync::EphemeralChange;
use tokio::{sync::broadcast, task::JoinHandle};

use super::network::Network;
use crate::sender::{Options, Pace, Sender, Wakes};

pub struct World {
    pub store: Store,
    pub network: Arc<Network>,
    pub sender: Sender,
    pub changes: broadcast::Sender<EphemeralChange>,
    wakes: Arc<Wakes>,
    rooms: Rooms,
    work: Mutex<Option<JoinHandle<()>>>,
    revisions: Mutex<std::collections::HashMap<i64, i64>>,
    sent: AtomicI64,
}

impl World {
    /// The sender works.
    pub fn on(database: &Database) -> Self {
        let world = Self::at_rest(database);
        world.start();
        world
    }

    /// The sender does not work yet.
    pub fn at_rest(database: &Database) -> Self {
        let (wakes, events) = (Arc::new(Wakes::default()), EventCache::new(1_000_000));
        let observers: Vec<Arc<dyn store::Observer>> = vec![events.clone(), wakes.clone()];
        let store = Store::open(store::Options { observers, ..database.options() }).unwrap();
        let mut config = Config::default();
        config.server.name = server_name!("test.example").to_owned();
        let (clock, random) = (Arc::new(SystemClock), Arc::new(SystemRandom::new()));
        let caches = Arc::new(Caches::default());
        let accounts = Arc::new(Accounts::new(store.clone(), caches, clock.clone(), random.clone(), &config));
        let rooms = Rooms::new(rooms::Options {
            store: store.clone(),
            server_name: config.server.name.clone(),
            key: Arc::new(SigningKey::generate([1; 32]).unwrap()),
            accounts,
            clock,
            random,
            events,
            state_cache: 1_000_000,
            default_version: RoomVersionId::V12,
            runtime: tokio::runtime::Handle::current(),
        });
        let network = Arc::new(Network::default());
        let changes = broadcast::Sender::new(64);
        let sender = sender(&store, &rooms, &wakes, &network, &changes);
        let (work, revisions, sent) = (Mutex::default(), Mutex::default(), AtomicI64::new(0));
        Self { store, network, sender, changes, wakes, rooms, work, revisions, sent }
    }

    pub fn start(&self) {
        *self.work.lock() = Some(tokio::spawn(self.sender.clone().work()));
    }

    /// Another life of the sender, on what the first has left. It had no time for anything.
    pub fn restart(&mut self) {
        self.kill();
        self.sender = sender(&self.store, &self.rooms, &self.wakes, &self.network, &self.changes);
        self.start();
    }

    pub fn kill(&self) {
        self.sender.inner.closed.store(true, Ordering::SeqCst);
        if let Some(work) = self.work.lock().take() {
            work.abort();
        }
    }

    /// Ends everything, so that the database can be removed.
    pub async fn end(self) {
        self.sender.stop(Duration::from_secs(5)).await;
        self.kill();
        self.store.close().await;
    }

    /// A room with a user of each of these servers in it. The events of that go out to nobody.
    pub async fn room(&self, servers: &[&str]) -> i64 {
        let room = self.store.next_nid();
        let users: Vec<String> = servers.iter().map(|server| format!("@u:{server}")).collect();
        let changes: Vec<(&str, Membership)> = users.iter().map(|user| (user.as_str(), Membership::Join)).collect();
        self.change(room, &changes, false).await;
        room
    }

    /// Members come and go; gives what the events say.
    pub async fn change(&self, room: i64, changes: &[(&str, Membership)], goes_out: bool) -> Vec<String> {
        self.append(room, changes.len(), "@a:test.example", changes, goes_out).await
    }

    /// A user joins whose server hands the event to us.
    pub async fn relay(&self, room: i64, user: &str) -> Vec<String> {
        self.append(room, 1, user, &[(user, Membership::Join)], true).await
    }

    /// So many messages of ours in a room, written together; gives what they say.
    pub async fn say(&self, room: i64, count: usize) -> Vec<String> {
        self.append(room, count, "@a:test.example", &[], true).await
    }

    async fn append(
        &self,
        room: i64,
        count: usize,
        sender: &str,
        changes: &[(&str, Membership)],
        goes_out: bool,
    ) -> Vec<String> {
        let events: Vec<Arc<EventRow>> = (0..count).map(|_| Arc::new(self.event(room, sender))).collect();
        let texts = events.iter().map(|event| event.json.clone()).collect();
        let memberships =
            changes.iter().zip(&events).enumerate().map(|(at, ((user, membership), event))| MembershipChange {
                at,
                user_id: (*user).to_owned(),
                membership: *membership,
                event: event.nid,
                sender: (*user).to_owned(),
                display_name: None,
                avatar_url: None,
                local: false,
            });
        let built_on = self.revisions.lock().get(&room).copied().unwrap_or(0);
        let append = Append {
            built_on,
            outgoing: if goes_out { (0..count).collect() } else { Vec::new() },
            memberships: memberships.collect(),
            events,
            ..Append::new(row(room))
        };
        let appended = self.store.append(append).await.unwrap();
        self.revisions.lock().insert(room, appended.revision);
        texts
    }

    fn event(&self, room: i64, sender: &str) -> EventRow {
        let nid = self.store.next_nid();
        let number = self.sent.fetch_add(1, Ordering::SeqCst);
        EventRow {
            nid,
            room,
            depth: nid,
            origin_server_ts: 1,
            event_id: format!("$event{nid}"),
            event_type: "m.room.message".into(),
            sender: sender.into(),
            state_key: None,
            replaces: None,
            state_before: 1,
            state_after: 1,
            flags: 0,
            redacted_by: None,
            device_id: None,
            txn_id: None,
            json: format!("{{\"n\":{number}}}"),
            counted: EventCounts::default(),
        }
    }

    /// Puts EDUs into the outbox of a server.
    pub async fn push(&self, server: &'static str, edus: &[String]) {
        let edus = edus.to_vec();
        let pushed =
            self.store.write(move |tx| edus.iter().try_for_each(|edu| outbox::push(tx, server, edu).map(drop)));
        pushed.await.unwrap();
    }

    pub async fn row(&self, server: &'static str) -> Option<destinations::DestinationRow> {
        self.store.read(move |conn| destinations::get(conn, server)).await.unwrap()
    }

    pub async fn is_failing(&self, server: &'static str) -> bool {
        self.row(server).await.is_some_and(|row| row.retry_at.is_some())
    }

    /// Waits until a server has got these events.
    pub async fn expect(&self, server: &str, events: &[String]) {
        let network = self.network.clone();
        until(async || network.got(server).events.len() >= events.len()).await;
        assert_eq!(self.network.got(server).events, events);
    }

    /// Whether the sender hears of what is in memory only.
    pub fn tells(&self) -> bool {
        self.changes.receiver_count() > 1 && self.sender.inner.table.is_begun()
    }

    /// Waits until nothing is in memory of any server.
    pub async fn calm(&self) {
        until(async || self.sender.counts().active == 0).await;
    }
}

/// Waits until it is so, but not for ever.
pub async fn until(is_so: impl AsyncFn() -> bool) {
    for _ in 0..6_000 {
        if is_so().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("waited in vain");
}

fn sender(
    store: &Store,
    rooms: &Rooms,
    wakes: &Arc<Wakes>,
    network: &Arc<Network>,
    changes: &broadcast::Sender<EphemeralChange>,
) -> Sender {
    Sender::new(Options {
        store: store.clone(),
        rooms: rooms.clone(),
        clock: Arc::new(SystemClock),
        random: Arc::new(SystemRandom::new()),
        server_name: server_name!("test.example").to_owned(),
        settings: config::Federation::default(),
        changes: changes.subscribe(),
        wakes: wakes.clone(),
        transport: network.clone(),
        pace: Pace {
            first_pause: Duration::from_millis(200),
            longest_pause: Duration::from_millis(400),
            rest: Duration::ZERO,
            write: Duration::from_millis(20),
            gather: Duration::from_millis(30),
            after_error: Duration::from_millis(50),
        },
        runtime: tokio::runtime::Handle::current(),
    })
}

fn row(nid: i64) -> RoomRow {
    RoomRow {
        nid,
        room_id: format!("!room{nid}"),
        version: "12".into(),
        revision: 0,
        last_position: 0,
        state: 1,
        extremities: String::new(),
        joined: 1,
        invited: 0,
        published: false,
        counted: RoomCounts::default(),
    }
}
