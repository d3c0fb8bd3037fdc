//! Delivery to a gateway on loopback: what it costs, and where it goes on.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use accounts::{Accounts, Caches};
use events::SigningKey;
use peerbrain_core::{
    Config,
    clock::ManualClock,
    config::Push as Settings,
    random::{SeededRandom, SystemRandom},
};
use rooms::{EventCache, Origin, Rooms};
use ruma::{OwnedRoomId, OwnedUserId, RoomId, RoomVersionId, UserId, server_name};
use serde_json::{json, value::to_raw_value};
use store::{
    Options, Store, Tx,
    push::{PusherRow, push_progress, set_pusher},
    rooms::{ForeignMember, Membership, keep_foreign},
    testing::{Database, each},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use super::Wakes;
use crate::Push;

/// A push gateway that accepts everything and counts it.
async fn gateway() -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/_matrix/push/v1/notify", listener.local_addr().unwrap());
    let heard = Arc::new(AtomicUsize::new(0));
    let counter = heard.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let counter = counter.clone();
            tokio::spawn(async move {
                let (mut read, mut part) = (Vec::new(), [0; 4_096]);
                while !read.ends_with(b"}}") {
                    match stream.read(&mut part).await {
                        Ok(count) if count > 0 => read.extend_from_slice(&part[..count]),
                        _ => return,
                    }
                }
                counter.fetch_add(1, Ordering::SeqCst);
                let answer = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}";
                let _ = stream.write_all(answer.as_bytes()).await;
            });
        }
    });
    (url, heard)
}

struct World {
    store: Store,
    rooms: Rooms,
    push: Push,
    sent: AtomicUsize,
    _database: Database,
}

fn user(name: &str) -> OwnedUserId {
    UserId::parse(format!("@{name}:test")).unwrap()
}

impl World {
    fn on(database: Database) -> Self {
        let clock = Arc::new(ManualClock::at(1_700_000_000_000));
        let mut config = Config::default();
        config.server.name = server_name!("test").to_owned();
        let (events, caches, wakes) =
            (EventCache::new(1_000_000), Arc::new(Caches::default()), Arc::new(Wakes::default()));
        let observers: Vec<Arc<dyn store::Observer>> = vec![events.clone(), caches.clone(), wakes.clone()];
        let options = Options { server_name: "test".into(), observers, ..database.options() };
        let store = Store::open(options).unwrap();
        let random = Arc::new(SystemRandom::new());
        let accounts = Arc::new(Accounts::new(store.clone(), caches, clock.clone(), random, &config));
        let rooms = Rooms::new(rooms::Options {
            store: store.clone(),
            server_name: server_name!("test").to_owned(),
            key: Arc::new(SigningKey::generate([7; 32]).unwrap()),
            accounts,
            clock: clock.clone(),
            random: Arc::new(SeededRandom::new(1)),
            events,
            state_cache: 1_000_000,
            default_version: RoomVersionId::V11,
            runtime: tokio::runtime::Handle::current(),
        });
        let settings = Settings { allow_http: true, allowed_networks: vec!["127.0.0.1".parse().unwrap()] };
        let push = Push::new(crate::Options { rooms: rooms.clone(), clock, wakes, settings });
        Self { store, rooms, push, sent: AtomicUsize::new(0), _database: database }
    }

    /// A room of alice's with so many others, each of whom has a pusher to this gateway.
    async fn room(&self, url: &str, others: usize) -> OwnedRoomId {
        let request = serde_json::from_value(json!({ "preset": "public_chat" })).unwrap();
        let room = self.rooms.create(&user("alice"), request).await.unwrap();
        for number in 0..others {
            let name = format!("user{number}");
            self.rooms.join(&room, &user(&name), None).await.unwrap();
            self.set_pusher(&name, url).await;
        }
        room
    }

    async fn set_pusher(&self, name: &str, url: &str) {
        let json = json!({ "data": { "url": url, "format": "event_id_only" } }).to_string();
        let row = PusherRow {
            user_id: user(name).to_string(),
            app_id: "app".into(),
            pushkey: name.into(),
            device_id: "DEVICE".into(),
            json,
            set_at: 0,
            position: 0,
            behind: false,
        };
        self.store.write(move |tx: &mut Tx<'_>| set_pusher(tx, &row)).await.unwrap();
    }

    async fn send(&self, room: &RoomId, kind: &str) {
        let txn_id = self.sent.fetch_add(1, Ordering::SeqCst).to_string();
        let origin = Origin { device_id: "DEVICE".into(), txn_id };
        let content = to_raw_value(&json!({ "msgtype": "m.text", "body": "hello" })).unwrap();
        self.rooms.send_message(room, &user("alice"), kind.into(), &content, origin, None).await.unwrap();
    }

    /// The tables with the number of their rows.
    async fn rows(&self) -> Vec<(String, i64)> {
        self.store.read(store::testing::count_rows).await.unwrap()
    }

    async fn written(&self) -> i64 {
        self.store.read(push_progress).await.unwrap()
    }
}

async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    for _ in 0..3_000 {
        if holds().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{what}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_delivered_costs_one_row_for_all() {
    const MEMBERS: usize = 40;
    const EVENTS: usize = 5;
    each(async |database| {
        let world = World::on(database);
        let (url, heard) = gateway().await;
        let room = world.room(&url, MEMBERS).await;
        let delivery = tokio::spawn(world.push.clone().deliver());
        let started = std::time::Instant::now();
        let (_, before, ..) = world.store.writer_counts();
        for _ in 0..EVENTS {
            world.send(&room, "m.room.message").await;
        }
        let last = world.store.position();
        until("all are told", async || heard.load(Ordering::SeqCst) >= MEMBERS * EVENTS).await;
        until("it is written down", async || world.written().await >= last).await;
        world.push.stop();
        delivery.await.unwrap();
        let (_, after, ..) = world.store.writer_counts();
        let most = EVENTS as u64 + started.elapsed().as_secs() + 3;
        assert!(after - before <= most, "{} writes for {EVENTS} events", after - before);
        // Nothing is told twice after that.
        let delivery = tokio::spawn(world.push.clone().deliver());
        world.send(&room, "m.room.message").await;
        until("all are told", async || heard.load(Ordering::SeqCst) >= MEMBERS * (EVENTS + 1)).await;
        world.push.stop();
        delivery.await.unwrap();
        assert_eq!(heard.load(Ordering::SeqCst), MEMBERS * (EVENTS + 1));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_cannot_be_told_keeps_a_place_of_its_own() {
    each(async |database| {
        let world = World::on(database);
        let (url, heard) = gateway().await;
        let room = world.room(&url, 1).await;
        let delivery = tokio::spawn(world.push.clone().deliver());
        world.send(&room, "m.room.message").await;
        until("the first is told", async || heard.load(Ordering::SeqCst) == 1).await;
        let change = world.store.write(|tx: &mut Tx<'_>| {
            let key = (user("user0").to_string(), "app".to_owned(), "user0".to_owned());
            let place = store::push::PusherPlace { key, position: 1, behind: true };
            store::push::set_push_progress(tx, 1_000_000, &[place])
        });
        world.push.stop();
        delivery.await.unwrap();
        change.await.unwrap();
        let delivery = tokio::spawn(world.push.clone().deliver());
        until("it is told from where it was", async || heard.load(Ordering::SeqCst) == 2).await;
        world.push.stop();
        delivery.await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_those_are_woken_whom_an_event_notifies() {
    each(async |database| {
        let world = World::on(database);
        let (url, _) = gateway().await;
        let room = world.room(&url, 3).await;
        let wakes = &world.push.inner.wakes;
        wakes.set_any(true);
        wakes.take();
        world.send(&room, "m.reaction").await;
        let news = wakes.take();
        assert!(news.rooms.is_empty() && news.events.len() == 1, "{news:?}");
        let events: Vec<i64> = news.events.into_iter().collect();
        let notified = world.store.read(move |conn| store::push::users_notified(conn, &events)).await.unwrap();
        assert!(notified.is_empty(), "{notified:?}");
        world.send(&room, "m.room.message").await;
        assert_eq!(wakes.take().rooms.len(), 1);
        world.rooms.leave(&room, &user("user0"), None).await.unwrap();
        wakes.take();
        world.rooms.invite(&room, &user("alice"), &user("user0"), None).await.unwrap();
        let news = wakes.take();
        assert!(news.rooms.is_empty(), "{news:?}");
        let events: Vec<i64> = news.events.into_iter().collect();
        let notified = world.store.read(move |conn| store::push::users_notified(conn, &events)).await.unwrap();
        assert_eq!(notified, [user("user0").to_string()]);
    })
    .await;
}

/// To a room that is not here, too.
#[tokio::test(flavor = "multi_thread")]
async fn an_invite_from_another_server_is_told() {
    each(async |database| {
        let world = World::on(database);
        let (url, heard) = gateway().await;
        world.set_pusher("bob", &url).await;
        let delivery = tokio::spawn(world.push.clone().deliver());
        let content = json!({ "membership": "invite" });
        let event =
            json!({ "type": "m.room.member", "content": content, "origin_server_ts": 5, "sender": "@carol:far" });
        let name =
            json!({ "type": "m.room.name", "state_key": "", "sender": "@carol:far", "content": { "name": "Tea" } });
        let mut invite = ForeignMember {
            user_id: user("bob").to_string(),
            room_id: "!tea:far".into(),
            membership: Membership::Invite as i16,
            position: 0,
            version: "11".into(),
            sender: "@carol:far".into(),
            via: "far".into(),
            event_id: "$invite".into(),
            json: event.to_string(),
            state: json!([name]).to_string(),
        };
        let kept = invite.clone();
        world.store.write(move |tx| keep_foreign(tx, &kept)).await.unwrap();
        until("it is told", async || heard.load(Ordering::SeqCst) == 1).await;
        let (push, of_invite) = (world.push.clone(), invite.clone());
        let described = world.store.read(move |conn| Ok(push.describe_invite(conn, &of_invite, true).unwrap()));
        let (told, outcome) = described.await.unwrap().unwrap();
        assert!(outcome.notify);
        let wanted = json!({
            "event_id": "$invite", "room_id": "!tea:far", "type": "m.room.member", "sender": "@carol:far",
            "user_is_target": true, "content": content, "room_name": "Tea",
        });
        assert_eq!(serde_json::Value::Object(told), wanted);
        let (push, of_invite) = (world.push.clone(), invite.clone());
        let listed = world.store.read(move |conn| Ok(push.told_invite(conn, &of_invite).unwrap())).await.unwrap();
        let listed = serde_json::to_value(listed.unwrap()).unwrap();
        assert_eq!((&listed["event"]["content"], &listed["ts"]), (&content, &json!(5)));
        // That it is over, and a knock of one's own, are nothing to be told.
        for membership in [Membership::Leave, Membership::Knock] {
            invite.membership = membership as i16;
            let kept = invite.clone();
            world.store.write(move |tx| keep_foreign(tx, &kept)).await.unwrap();
        }
        // Whatever came before the next one is told before it.
        let next = ForeignMember { membership: Membership::Invite as i16, room_id: "!cake:far".into(), ..invite };
        world.store.write(move |tx| keep_foreign(tx, &next)).await.unwrap();
        let last = world.store.position();
        until("it is written down", async || world.written().await >= last).await;
        assert_eq!(heard.load(Ordering::SeqCst), 2);
        world.push.stop();
        delivery.await.unwrap();
    })
    .await;
}

/// Whom the rules that all have notify is counted once for the room.
#[tokio::test(flavor = "multi_thread")]
async fn a_message_costs_as_many_rows_among_few_as_among_many() {
    each(async |database| {
        let world = World::on(database);
        let mut costs = Vec::new();
        for others in [2, 29] {
            let room = world.room("http://127.0.0.1:1/_matrix/push/v1/notify", others).await;
            let before = world.rows().await;
            world.send(&room, "m.room.message").await;
            let after = world.rows().await.into_iter();
            let grown = after.zip(before).map(|((table, after), (_, before))| (table, after - before));
            costs.push(grown.filter(|(_, rows)| *rows != 0).collect::<Vec<_>>());
        }
        assert_eq!(costs[0], costs[1]);
        let rows = |name: &str| costs[0].iter().find(|(table, _)| table == name).map(|(_, rows)| *rows);
        assert_eq!(rows("events"), Some(1), "{:?}", costs[0]);
        for table in ["unread", "own_notifications", "thread_notifications"] {
            assert_eq!(rows(table), None, "{table}");
        }
    })
    .await;
}
