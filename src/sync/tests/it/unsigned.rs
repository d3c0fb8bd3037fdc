//! What is told beside events.

use serde_json::json;

use crate::{
    client::joined,
    world::{Ask, World, user},
};

#[tokio::test]
async fn transactions_are_told_to_the_device_that_made_them() {
    let world = World::new().await;
    let alice = world.client("alice").await;
    let bob = world.client("bob").await;
    let room = world.room("alice").await;
    world.join(&room, "bob").await;
    world.say(&room, "alice", "text").await;
    let answer = world.sync(&alice.session, Ask::default()).await.unwrap();
    let event = joined(&answer, &room)["timeline"]["events"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(event["unsigned"], json!({ "age": 0, "membership": "join", "transaction_id": "txn1" }));
    let answer = world.sync(&bob.session, Ask::default()).await.unwrap();
    let event = joined(&answer, &room)["timeline"]["events"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(event["unsigned"], json!({ "age": 0, "membership": "join" }));
}

#[tokio::test]
async fn replaced_states_and_redactions_are_told() {
    let world = World::new().await;
    let mut alice = world.client("alice").await;
    let room = world.room("alice").await;
    let first = world.topic(&room, "alice", "one").await;
    alice.sync().await;
    world.topic(&room, "alice", "two").await;
    let answer = alice.sync().await;
    let unsigned = &joined(&answer, &room)["timeline"]["events"][0]["unsigned"];
    assert_eq!(unsigned["prev_content"], json!({ "topic": "one" }));
    assert_eq!(unsigned["prev_sender"], "@alice:test");
    assert_eq!(unsigned["replaces_state"], first.as_str());

    let said = world.say(&room, "alice", "regretted").await;
    alice.sync().await;
    world.redact(&room, "alice", &said).await;
    let answer = alice.sync().await;
    let events = &joined(&answer, &room)["timeline"]["events"];
    assert_eq!(events[0]["type"], "m.room.redaction");
    assert_eq!(events[0]["redacts"], said.as_str());
    assert_eq!(events[0]["content"]["redacts"], said.as_str());
    let first = alice.fresh().sync().await;
    assert!(!first.to_string().contains("regretted"));
    let events = joined(&first, &room)["timeline"]["events"].as_array().unwrap();
    let event = events.iter().find(|event| event["event_id"] == said.as_str()).unwrap();
    assert_eq!(event["content"], json!({}));
    assert_eq!(event["unsigned"]["redacted_because"]["sender"], user("alice").as_str());
}
