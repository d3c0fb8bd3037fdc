//! Messages between devices of different servers.

use serde_json::{Value, json};

use super::world::World;
use crate::{
    client::encode,
    database::{Database, on_both_databases},
    user::User,
};

on_both_databases!(
    messages_come_once_and_in_order,
    messages_wait_for_a_server_that_is_away,
    fractions_come_as_they_were_sent,
);

async fn send(user: &User, txn: &str, to: &str, device: &str, content: Value) {
    let body = json!({ "messages": { to: { device: content } } });
    user.put(&format!("/sendToDevice/org.example.note/{}", encode(txn)), body).await.ok();
}

/// Syncs until so many messages have come; gives their contents.
async fn until_come(user: &User, count: usize) -> Vec<Value> {
    let (mut since, mut come) = (None, Vec::new());
    for _ in 0..40 {
        let answer = user.sync(since.as_deref(), 1_000).await;
        since = answer["next_batch"].as_str().map(str::to_owned);
        let events = answer.pointer("/to_device/events").and_then(Value::as_array).cloned().unwrap_or_default();
        come.extend(events.into_iter().map(|event| event["content"].clone()));
        if come.len() >= count {
            break;
        }
    }
    come
}

async fn messages_come_once_and_in_order(database: Database) {
    let mut world = World::start::<2>(database).await;
    let (alice, bob) = (world.user(0, "alice").await, world.user(1, "bob").await);
    for number in 0..30 {
        for _ in 0..2 {
            send(&alice, &format!("t{number}"), &bob.id, "*", json!({ "number": number })).await;
        }
    }
    send(&alice, "nobody", "@nobody:two.test", "*", json!({})).await;
    send(&alice, "unreachable", "@nobody:nowhere.test", "*", json!({})).await;
    send(&alice, "last", &bob.id, "*", json!({ "number": 30 })).await;
    let expected: Vec<Value> = (0..=30).map(|number| json!({ "number": number })).collect();
    assert_eq!(until_come(&bob, 31).await, expected);
    world.is_sound();
}

async fn messages_wait_for_a_server_that_is_away(database: Database) {
    let mut world = World::start::<2>(database).await;
    let (alice, bob) = (world.user(0, "alice").await, world.user(1, "bob").await);
    world.servers[1].kill();
    for number in 0..3 {
        send(&alice, &format!("t{number}"), &bob.id, "*", json!({ "number": number })).await;
    }
    world.servers[0].kill();
    world.servers[0].restart().await;
    world.servers[1].restart().await;
    let expected: Vec<Value> = (0..3).map(|number| json!({ "number": number })).collect();
    assert_eq!(until_come(&bob, 3).await, expected);
}

async fn fractions_come_as_they_were_sent(database: Database) {
    let world = World::start::<2>(database).await;
    let (alice, bob) = (world.user(0, "alice").await, world.user(1, "bob").await);
    let content = json!({ "half": 0.5, "tiny": 1e-9, "large": 1e300, "whole": 2 });
    send(&alice, "1", &bob.id, "*", content.clone()).await;
    assert_eq!(until_come(&bob, 1).await, [content]);
}
