//! Device lists: a client that does what it is told knows at each moment the keys of exactly those it shares rooms with.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use proptest::{prelude::*, strategy::ValueTree};
use serde_json::{Value, json};
use store::{
    LogKind,
    e2ee::{device_list_changes, joined_rooms_of},
    testing::Database,
};

use crate::{
    client::Client,
    world::{Ask, World, user},
};

const USERS: [&str; 4] = ["alice", "bob", "carol", "dora"];
const ROOMS: usize = 3;

#[derive(Clone, Debug)]
enum Step {
    Join { user: usize, room: usize },
    Leave { user: usize, room: usize },
    Kick { user: usize, room: usize },
    Say { room: usize },
    NewKeys { user: usize },
    Sync { user: usize },
}

fn step() -> impl Strategy<Value = Step> {
    let user = || 0..USERS.len();
    let room = || 0..ROOMS;
    prop_oneof![
        5 => (user(), room()).prop_map(|(user, room)| Step::Join { user, room }),
        4 => (user(), room()).prop_map(|(user, room)| Step::Leave { user, room }),
        1 => (user(), room()).prop_map(|(user, room)| Step::Kick { user, room }),
        1 => room().prop_map(|room| Step::Say { room }),
        3 => user().prop_map(|user| Step::NewKeys { user }),
        5 => user().prop_map(|user| Step::Sync { user }),
    ]
}

async fn new_keys(world: &World, user_id: String) {
    world.store.write(move |tx| device_list_changes::note(tx, &user_id)).await.unwrap();
}

/// Who shares rooms with whom, by user.
async fn sharing(world: &World) -> BTreeMap<String, BTreeSet<String>> {
    let users: Vec<String> = USERS.iter().map(|name| user(name).to_string()).collect();
    let asked = users.clone();
    let joined = world.store.read(move |conn| joined_rooms_of(conn, &asked)).await.unwrap();
    let rooms =
        |of: &String| joined.iter().filter(|(user, _)| user == of).map(|(_, room)| *room).collect::<BTreeSet<i64>>();
    let shares = |one: &String, other: &String| one != other && !rooms(one).is_disjoint(&rooms(other));
    users.iter().map(|one| (one.clone(), users.iter().filter(|other| shares(one, other)).cloned().collect())).collect()
}

fn listed(answer: &Value, list: &str) -> BTreeSet<String> {
    let users = answer["device_lists"][list].as_array().into_iter().flatten();
    users.map(|user| user.as_str().unwrap().to_owned()).collect()
}

/// A client, whose rooms it shared with whom at its last sync, and who had which keys then.
struct Tracker<'w> {
    client: Client<'w>,
    shared: BTreeSet<String>,
    keys: BTreeMap<String, usize>,
}

impl Tracker<'_> {
    async fn sync(&mut self, world: &World, keys: &BTreeMap<String, usize>) {
        let own = self.client.session.user_id.to_string();
        let from = self.client.since.clone().unwrap();
        let answer = self.client.sync().await;
        let to = self.client.since.clone().unwrap();
        let shared = sharing(world).await[&own].clone();
        let newer = |user: &&String| keys[*user] != self.keys[*user];
        let mut changed: BTreeSet<String> = shared.iter().filter(newer).cloned().collect();
        changed.extend(shared.difference(&self.shared).cloned());
        changed.extend(Some(own.clone()).filter(|own| newer(&own)));
        assert_eq!(listed(&answer, "changed"), changed, "changed for {own}");
        assert_eq!(listed(&answer, "left"), &self.shared - &shared, "left for {own}");
        let asked = world.e2ee.device_list_changes(&self.client.session.user_id, &from, &to).await.unwrap();
        assert_eq!((asked.changed, asked.left), (changed, &self.shared - &shared), "/keys/changes for {own}");
        (self.shared, self.keys) = (shared, keys.clone());
    }
}

async fn play(world: &World, steps: &[Step]) {
    let mut keys: BTreeMap<String, usize> = USERS.iter().map(|name| (user(name).to_string(), 0)).collect();
    let mut trackers = Vec::new();
    for name in USERS {
        let client = world.client(name).await;
        trackers.push(Tracker { client, shared: BTreeSet::new(), keys: keys.clone() });
    }
    let mut rooms = Vec::new();
    for _ in 0..ROOMS {
        let request = json!({ "preset": "public_chat", "power_level_content_override": { "kick": 0 } });
        rooms.push(world.room_with("alice", request).await);
    }
    for tracker in &mut trackers {
        tracker.client.sync().await;
        tracker.shared = sharing(world).await[tracker.client.session.user_id.as_str()].clone();
    }
    for step in steps {
        world.clock.advance(Duration::from_secs(1));
        // What the room does not allow does not happen.
        let _ = match step {
            Step::Join { user: who, room } => world.rooms.join(&rooms[*room], &user(USERS[*who]), None).await,
            Step::Leave { user: who, room } => world.rooms.leave(&rooms[*room], &user(USERS[*who]), None).await,
            Step::Kick { user: who, room } => {
                world.rooms.kick(&rooms[*room], &user("alice"), &user(USERS[*who]), None).await
            }
            Step::Say { room } => {
                let content = serde_json::value::to_raw_value(&json!({ "body": "b" })).unwrap();
                let origin = rooms::Origin { device_id: "D".into(), txn_id: world.clock_text() };
                let kind = "m.room.message".into();
                let who = user("bob");
                world.rooms.send_message(&rooms[*room], &who, kind, &content, origin, None).await.map(drop)
            }
            Step::NewKeys { user: who } => {
                let who = user(USERS[*who]).to_string();
                *keys.get_mut(&who).unwrap() += 1;
                new_keys(world, who).await;
                Ok(())
            }
            Step::Sync { user: who } => {
                trackers[*who].sync(world, &keys).await;
                Ok(())
            }
        };
    }
    for tracker in &mut trackers {
        tracker.sync(world, &keys).await;
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { max_shrink_iters: 60, cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn who_does_as_told_knows_the_keys_of_all_who_share(steps in proptest::collection::vec(step(), 1..80)) {
        runtime().block_on(async { play(&World::new().await, &steps).await });
    }
}

#[test]
fn postgresql_tells_the_same() {
    let Some(database) = Database::postgres() else { return };
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let steps = proptest::collection::vec(step(), 150..200).new_tree(&mut runner).unwrap().current();
    runtime().block_on(async {
        let world = World::on(database, Duration::ZERO).await;
        play(&world, &steps).await;
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_of_keys_wake_those_who_share() {
    let world = World::new().await;
    let (mut alice, mut bob) = (world.client("alice").await, world.client("bob").await);
    let room = world.room("alice").await;
    world.join(&room, "bob").await;
    alice.sync().await;
    bob.sync().await;
    let ask = Ask { timeout: Duration::from_secs(30), ..alice.ask() };
    let (answer, ()) = tokio::join!(world.sync(&alice.session, ask), async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        new_keys(&world, user("bob").to_string()).await;
    });
    assert_eq!(listed(&answer.unwrap(), "changed"), BTreeSet::from([user("bob").to_string()]));
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_are_given_out_wake_and_uploads_do_not() {
    let world = World::new().await;
    let mut alice = world.client("alice").await;
    alice.sync().await;
    let note = async |given: Option<i64>| {
        let log = move |tx: &mut store::Tx<'_>| {
            tx.log(LogKind::OneTimeKeys, None, Some("@alice:test"), given);
            Ok(())
        };
        world.store.write(log).await.unwrap();
    };
    let wait = |timeout| Ask { timeout: Duration::from_millis(timeout), ..alice.ask() };
    let begun = std::time::Instant::now();
    let (answer, ()) = tokio::join!(world.sync(&alice.session, wait(700)), note(None));
    assert!(begun.elapsed() >= Duration::from_millis(700), "{answer:?}");
    let (_, ()) = tokio::join!(world.sync(&alice.session, wait(30_000)), note(Some(1)));
    assert!(begun.elapsed() < Duration::from_secs(15));
}
