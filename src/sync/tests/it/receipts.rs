//! Receipts, as they are told.

use rooms::receipts::{ReadUpTo, Receipt, ReceiptKind, Thread};
use ruma::{EventId, RoomId};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

use crate::{
    client::joined,
    world::{World, user},
};

async fn read(world: &World, name: &str, room: &RoomId, event: &EventId, kind: ReceiptKind, thread: Thread) {
    let receipt = Receipt { kind, event_id: event.to_owned(), thread };
    let read = ReadUpTo { receipts: vec![receipt], fully_read: None };
    world.rooms.mark_read(&user(name), room, read).await.unwrap();
}

async fn read_all(world: &World, name: &str, room: &RoomId, event: &EventId) {
    read(world, name, room, event, ReceiptKind::Public, Thread::Unthreaded).await;
}

/// (event, type, user, thread) of all receipts that are told of a room.
fn receipts(answer: &Value, room: &RoomId) -> Vec<(String, String, String, Value)> {
    let mut all = Vec::new();
    let events = joined(answer, room)["ephemeral"]["events"].as_array().into_iter().flatten();
    for event in events.filter(|event| event["type"] == "m.receipt") {
        for (id, kinds) in event["content"].as_object().unwrap() {
            for (kind, users) in kinds.as_object().unwrap() {
                for (user, data) in users.as_object().unwrap() {
                    assert!(data["ts"].is_i64());
                    all.push((id.clone(), kind.clone(), user.clone(), data["thread_id"].clone()));
                }
            }
        }
    }
    all
}

fn public(event: &EventId, name: &str) -> (String, String, String, Value) {
    (event.to_string(), "m.read".into(), user(name).to_string(), Value::Null)
}

#[tokio::test(flavor = "multi_thread")]
async fn receipts_are_told_once_and_to_whom_they_concern() {
    let world = World::new().await;
    let mut alice = world.client("alice").await;
    let mut bob = world.client("bob").await;
    let mut carol = world.client("carol").await;
    let room = world.room("alice").await;
    world.join(&room, "bob").await;
    let one = world.say(&room, "alice", "one").await;
    for client in [&mut alice, &mut bob, &mut carol] {
        client.sync().await;
    }
    read_all(&world, "bob", &room, &one).await;
    let answer = alice.sync().await;
    assert_eq!(receipts(&answer, &room), [public(&one, "bob")]);
    assert_eq!(joined(&answer, &room)["timeline"]["events"], json!([]));
    assert!(receipts(&alice.sync().await, &room).is_empty());
    assert!(carol.sync().await.get("rooms").is_none());
    assert_eq!(receipts(&alice.fresh().sync().await, &room), [public(&one, "bob")]);

    // Nobody hears of private ones; they end no waiting either.
    let two = world.say(&room, "alice", "two").await;
    alice.sync().await;
    bob.sync().await;
    let begun = Instant::now();
    let wait = Duration::from_millis(200);
    let (answer, ()) = tokio::join!(alice.sync_for(wait), async {
        read(&world, "bob", &room, &two, ReceiptKind::Private, Thread::Unthreaded).await;
    });
    assert!(answer.get("rooms").is_none() && begun.elapsed() >= wait, "{answer}");
    let private = (two.to_string(), "m.read.private".to_owned(), user("bob").to_string(), Value::Null);
    assert_eq!(receipts(&bob.sync().await, &room), std::slice::from_ref(&private));
    let mut all = receipts(&bob.fresh().sync().await, &room);
    all.sort_by(|a, b| a.1.cmp(&b.1));
    assert_eq!(all, [public(&one, "bob"), private]);
    assert_eq!(receipts(&alice.fresh().sync().await, &room), [public(&one, "bob")]);

    // Who comes later hears of all.
    world.join(&room, "carol").await;
    assert_eq!(receipts(&carol.sync().await, &room), [public(&one, "bob")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn threads_are_told_side_by_side() {
    let world = World::new().await;
    let mut alice = world.client("alice").await;
    let room = world.room("alice").await;
    let root = world.say(&room, "alice", "root").await;
    for thread in [Thread::Unthreaded, Thread::Main, Thread::Root(root.clone())] {
        read(&world, "alice", &room, &root, ReceiptKind::Public, thread).await;
    }
    let threads: Vec<Value> = receipts(&alice.sync().await, &room).into_iter().map(|it| it.3).collect();
    assert_eq!(threads, [json!(null), json!(root), json!("main")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_and_ignored_users_are_heeded() {
    let world = World::new().await;
    let mut alice = world.client("alice").await;
    let room = world.room("alice").await;
    let one = world.say(&room, "alice", "one").await;
    for name in ["bob", "carol"] {
        world.session(name).await;
        world.join(&room, name).await;
        read_all(&world, name, &room, &one).await;
    }
    let told = async |filter: Value| {
        let mut client = alice.fresh();
        client.filter = Some(json!({ "room": { "ephemeral": filter } }));
        receipts(&client.sync().await, &room).len()
    };
    assert_eq!(told(json!({})).await, 2);
    for (filter, count) in [
        (json!({ "types": ["m.typing"] }), 0),
        (json!({ "not_types": ["m.*"] }), 0),
        (json!({ "limit": 0 }), 0),
        (json!({ "not_rooms": [room] }), 0),
        (json!({ "senders": [user("bob")] }), 1),
        (json!({ "not_senders": [user("bob")] }), 1),
    ] {
        assert_eq!(told(filter.clone()).await, count, "{filter}");
    }
    world.set_account_data("alice", None, "m.ignored_user_list", json!({ "ignored_users": { "@bob:test": {} } })).await;
    assert_eq!(receipts(&alice.sync().await, &room), [public(&one, "carol")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn members_of_large_rooms_are_not_woken_by_each() {
    let world = World::new().await;
    let mut alice = world.client("alice").await;
    let room = world.room("alice").await;
    let one = world.say(&room, "alice", "one").await;
    let names: Vec<String> = (0..12).map(|n| format!("user{n}")).collect();
    for name in &names {
        let mut client = world.client(name).await;
        world.join(&room, name).await;
        client.sync().await;
    }
    alice.sync().await;
    let (mut told, mut answers) = (0, 0);
    let reading = async {
        for name in &names {
            read_all(&world, name, &room, &one).await;
        }
    };
    let hearing = async {
        while told < names.len() {
            told += receipts(&alice.sync_for(Duration::from_secs(20)).await, &room).len();
            answers += 1;
        }
    };
    tokio::join!(reading, hearing);
    assert_eq!(told, names.len());
    assert!(answers <= names.len());
}
