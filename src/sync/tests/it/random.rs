//! Random histories: whoever follows them by many small syncs knows in the end what a first sync tells.

use proptest::{prelude::*, strategy::ValueTree};
use serde_json::json;
use store::testing::Database;
use sync::StateForm;

use crate::{
    client::{Client, State},
    world::{Ask, World},
};

const USERS: [&str; 3] = ["alice", "bob", "carol"];
const ROOMS: usize = 3;

#[derive(Clone, Debug)]
enum Step {
    Say { user: usize, room: usize },
    Topic { user: usize, room: usize },
    Join { user: usize, room: usize },
    Leave { user: usize, room: usize },
    Invite { by: usize, user: usize, room: usize },
    Kick { by: usize, user: usize, room: usize },
    Sync { user: usize, full_state: bool },
}

fn step() -> impl Strategy<Value = Step> {
    let user = || 0..USERS.len();
    let room = || 0..ROOMS;
    prop_oneof![
        4 => (user(), room()).prop_map(|(user, room)| Step::Say { user, room }),
        3 => (user(), room()).prop_map(|(user, room)| Step::Topic { user, room }),
        3 => (user(), room()).prop_map(|(user, room)| Step::Join { user, room }),
        2 => (user(), room()).prop_map(|(user, room)| Step::Leave { user, room }),
        1 => (user(), user(), room()).prop_map(|(by, user, room)| Step::Invite { by, user, room }),
        1 => (user(), user(), room()).prop_map(|(by, user, room)| Step::Kick { by, user, room }),
        4 => (user(), any::<bool>(), any::<bool>()).prop_map(|(user, a, b)| Step::Sync { user, full_state: a && b }),
    ]
}

/// Does a step; what the room does not allow does not happen.
async fn take(world: &World, rooms: &[ruma::OwnedRoomId], step: &Step) {
    use crate::world::user as id;
    let content = |value| serde_json::value::to_raw_value(&value).unwrap();
    world.clock.advance(std::time::Duration::from_secs(1));
    let _ = match step {
        Step::Say { user, room } => {
            let origin = rooms::Origin { device_id: "D".into(), txn_id: world.clock_text() };
            let body = content(json!({ "body": "b" }));
            let kind = "m.room.message".into();
            world.rooms.send_message(&rooms[*room], &id(USERS[*user]), kind, &body, origin, None).await.map(drop)
        }
        Step::Topic { user, room } => {
            let body = content(json!({ "topic": world.clock_text() }));
            let kind = "m.room.topic".into();
            world.rooms.send_state(&rooms[*room], &id(USERS[*user]), kind, "", &body, None).await.map(drop)
        }
        Step::Join { user, room } => world.rooms.join(&rooms[*room], &id(USERS[*user]), None).await,
        Step::Leave { user, room } => world.rooms.leave(&rooms[*room], &id(USERS[*user]), None).await,
        Step::Invite { by, user, room } => {
            world.rooms.invite(&rooms[*room], &id(USERS[*by]), &id(USERS[*user]), None).await
        }
        Step::Kick { by, user, room } => {
            world.rooms.kick(&rooms[*room], &id(USERS[*by]), &id(USERS[*user]), None).await
        }
        Step::Sync { .. } => Ok(()),
    };
}

async fn play(world: &World, steps: &[Step], form: StateForm, limit: usize, lazy: bool) {
    let mut clients = Vec::new();
    for name in USERS {
        let mut client = world.client(name).await;
        client.form = form;
        let state = json!({ "lazy_load_members": lazy });
        client.filter = Some(json!({ "room": { "timeline": { "limit": limit }, "state": state } }));
        clients.push(client);
    }
    let mut rooms = Vec::new();
    for _ in 0..ROOMS {
        let levels = json!({ "events": { "m.room.topic": 0 }, "kick": 0 });
        let request = json!({ "preset": "public_chat", "power_level_content_override": levels });
        rooms.push(world.room_with("alice", request).await);
    }
    for step in steps {
        take(world, &rooms, step).await;
        if let Step::Sync { user, full_state } = step {
            let client = &mut clients[*user];
            let ask = Ask { full_state: *full_state, ..client.ask() };
            let answer = world.sync(&client.session, ask).await.unwrap();
            client.take(&answer);
        }
    }
    for client in &mut clients {
        client.sync().await;
        compare(client, lazy).await;
    }
}

async fn compare(client: &Client<'_>, lazy: bool) {
    let mut fresh = client.fresh();
    fresh.filter = Some(json!({ "room": { "timeline": { "limit": 100 } } }));
    fresh.sync().await;
    let name = &client.session.user_id;
    assert_eq!(client.invited, fresh.invited, "invitations of {name}");
    let rooms: Vec<&String> = client.joined.keys().collect();
    assert_eq!(rooms, fresh.joined.keys().collect::<Vec<_>>(), "rooms of {name}");
    for (room, state) in &client.joined {
        let whole = &fresh.joined[room];
        if !lazy {
            assert_eq!(state, whole, "state of {room} as {name} knows it");
            continue;
        }
        // Who knows only some members knows those as they are.
        let basics = |state: &State| -> State {
            state.clone().into_iter().filter(|((kind, _), _)| kind != "m.room.member").collect()
        };
        assert_eq!(basics(state), basics(whole), "state of {room} as {name} knows it");
        for (key, event) in state {
            assert_eq!(Some(event), whole.get(key), "{key:?} in {room} as {name} knows it");
        }
        assert!(state.contains_key(&("m.room.member".to_owned(), name.to_string())));
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

/// A few cases, or as many as `PROPTEST_CASES` says.
fn config() -> ProptestConfig {
    let config = ProptestConfig { max_shrink_iters: 60, ..ProptestConfig::default() };
    let cases = if std::env::var_os("PROPTEST_CASES").is_some() { config.cases } else { 24 };
    ProptestConfig { cases, ..config }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn many_small_syncs_tell_what_a_first_one_does(
        steps in proptest::collection::vec(step(), 1..60),
        after in any::<bool>(),
        limit in 1_usize..6,
        lazy in any::<bool>(),
    ) {
        let form = if after { StateForm::After } else { StateForm::Before };
        runtime().block_on(async { play(&World::new().await, &steps, form, limit, lazy).await });
    }
}

#[test]
fn postgresql_tells_the_same() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    for (form, lazy) in [(StateForm::Before, false), (StateForm::After, true)] {
        let steps = proptest::collection::vec(step(), 80..120).new_tree(&mut runner).unwrap().current();
        let Some(database) = Database::postgres() else { return };
        runtime().block_on(async {
            let world = World::on(database, std::time::Duration::ZERO).await;
            play(&world, &steps, form, 3, lazy).await;
        });
    }
}
