//! Who types.

use std::time::{Duration, Instant};

use ruma::RoomId;
use serde_json::{Value, json};

use crate::{
    client::joined,
    world::{Ask, World, user},
};

const LONG: Duration = Duration::from_secs(20);

async fn start(world: &World, name: &str, room: &RoomId) {
    world.syncs.set_typing(&user(name), room, Some(LONG)).await.unwrap();
}

async fn stop(world: &World, name: &str, room: &RoomId) {
    world.syncs.set_typing(&user(name), room, None).await.unwrap();
}

/// Who is told to type, if anything is.
fn typing(answer: &Value, room: &RoomId) -> Option<Value> {
    let events = joined(answer, room)["ephemeral"]["events"].as_array()?;
    let event = events.iter().find(|event| event["type"] == "m.typing")?;
    Some(event["content"]["user_ids"].clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn typing_is_told_and_ends() {
    let world = World::new().await;
    let mut alice = world.client("alice").await;
    let mut carol = world.client("carol").await;
    let mut bob = world.client("bob").await;
    let room = world.room("alice").await;
    world.join(&room, "bob").await;
    for client in [&mut alice, &mut bob, &mut carol] {
        client.sync().await;
    }
    let bobs = Some(json!(["@bob:test"]));
    let (answer, ()) = tokio::join!(alice.sync_for(LONG), async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        start(&world, "bob", &room).await;
    });
    assert_eq!(typing(&answer, &room), bobs);
    // To say it again is no news.
    start(&world, "bob", &room).await;
    assert_eq!(typing(&alice.sync().await, &room), None);
    assert_eq!(typing(&alice.fresh().sync().await, &room), bobs);
    assert!(carol.sync().await.get("rooms").is_none());
    stop(&world, "bob", &room).await;
    assert_eq!(typing(&alice.sync().await, &room), Some(json!([])));
    assert_eq!(typing(&alice.sync().await, &room), None);
    // Who never heard of it needs no end.
    assert_eq!(typing(&alice.fresh().sync().await, &room), None);
    let refused = world.syncs.set_typing(&user("carol"), &room, Some(LONG)).await;
    assert!(matches!(refused, Err(sync::Error::Rooms(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_typed_ends_it_in_the_same_answer() {
    let world = World::new().await;
    let mut alice = world.client("alice").await;
    let _bob = world.session("bob").await;
    let room = world.room("alice").await;
    world.join(&room, "bob").await;
    alice.sync().await;
    start(&world, "bob", &room).await;
    assert_eq!(typing(&alice.sync().await, &room), Some(json!(["@bob:test"])));
    world.send(&room, "bob", "m.reaction", json!({})).await;
    assert_eq!(typing(&alice.sync().await, &room), None);
    world.say(&room, "bob", "done").await;
    let answer = alice.sync().await;
    assert_eq!(typing(&answer, &room), Some(json!([])));
    assert_eq!(joined(&answer, &room)["timeline"]["events"][0]["content"]["body"], "done");
    start(&world, "bob", &room).await;
    alice.sync().await;
    world.leave(&room, "bob").await;
    assert_eq!(typing(&alice.sync().await, &room), Some(json!([])));
}

#[tokio::test(flavor = "multi_thread")]
async fn typing_runs_out() {
    let world = World::new().await;
    let mut alice = world.client("alice").await;
    let _bob = world.session("bob").await;
    let room = world.room("alice").await;
    world.join(&room, "bob").await;
    alice.sync().await;
    start(&world, "bob", &room).await;
    assert_eq!(typing(&alice.sync().await, &room), Some(json!(["@bob:test"])));
    let begun = Instant::now();
    world.syncs.set_typing(&user("bob"), &room, Some(Duration::from_millis(300))).await.unwrap();
    assert_eq!(typing(&alice.sync_for(LONG).await, &room), Some(json!([])));
    assert!(begun.elapsed() >= Duration::from_millis(300) && begun.elapsed() < LONG / 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_and_ignored_users_are_heeded() {
    let world = World::new().await;
    let mut alice = world.client("alice").await;
    let room = world.room("alice").await;
    for name in ["bob", "carol"] {
        world.session(name).await;
        world.join(&room, name).await;
    }
    alice.sync().await;
    alice.filter = Some(json!({ "room": { "ephemeral": { "not_types": ["m.typing"] } } }));
    start(&world, "bob", &room).await;
    let begun = Instant::now();
    assert!(alice.sync_for(Duration::from_millis(100)).await.get("rooms").is_none());
    assert!(begun.elapsed() >= Duration::from_millis(100));
    alice.filter = None;
    world.set_account_data("alice", None, "m.ignored_user_list", json!({ "ignored_users": { "@bob:test": {} } })).await;
    assert_eq!(typing(&alice.fresh().sync().await, &room), None);
    start(&world, "carol", &room).await;
    assert_eq!(typing(&alice.sync().await, &room), Some(json!(["@carol:test"])));
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_restart_nobody_types_for_ever() {
    let world = World::new().await;
    let mut alice = world.client("alice").await;
    let _bob = world.session("bob").await;
    let (room, other) = (world.room("alice").await, world.room("alice").await);
    world.join(&room, "bob").await;
    alice.sync().await;
    start(&world, "bob", &room).await;
    alice.sync().await;
    let since = alice.since.clone().unwrap();
    assert!(since.matches('_').count() == 2, "{since}");
    // The numbers of another run are lower, and it knew of other rooms.
    let (position, rest) = since.split_once('_').unwrap();
    let (serial, typed) = rest.split_once('_').unwrap();
    let before = serial.parse::<i64>().unwrap() - 1_000_000;
    stop(&world, "bob", &room).await;
    start(&world, "alice", &other).await;
    for token in [format!("{position}_{before}_{typed}"), format!("{position}_{}_{typed}", i64::MAX)] {
        let ask = Ask { since: Some(token), ..Ask::default() };
        let answer = world.sync(&alice.session, ask).await.unwrap();
        assert_eq!(typing(&answer, &room), Some(json!([])), "{answer}");
        assert_eq!(typing(&answer, &other), Some(json!(["@alice:test"])));
        // And then there is nothing new.
        alice.take(&answer);
        let begun = Instant::now();
        assert!(alice.sync_for(Duration::from_millis(100)).await.get("rooms").is_none());
        assert!(begun.elapsed() >= Duration::from_millis(100));
    }
    // A token from before there was any of this.
    let ask = Ask { since: Some(position.to_owned()), timeout: Duration::from_millis(100), ..Ask::default() };
    let answer = world.sync(&alice.session, ask).await.unwrap();
    assert_eq!(typing(&answer, &other), Some(json!(["@alice:test"])));
}
