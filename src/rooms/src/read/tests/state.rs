//! State and single events.

use serde_json::{Value, json};

use super::world::{reader, value, worlds};
use crate::Error;

#[tokio::test(flavor = "multi_thread")]
async fn who_left_sees_the_state_in_which_they_left() {
    worlds(async |world| {
        let room = world.public_room().await;
        world.join(&room, "bob").await;
        world.set(&room, "alice", "m.room.name", "", json!({ "name": "then" })).await;
        world.leave(&room, "bob").await;
        world.set(&room, "alice", "m.room.name", "", json!({ "name": "now" })).await;
        world.set(&room, "alice", "org.example.new", "key", json!({ "new": true })).await;
        let name = |who: &str| {
            let (rooms, room, who) = (world.rooms.clone(), room.clone(), reader(who));
            async move { rooms.state_event(&who, &room, "m.room.name", "", false).await.map(|content| value(&content)) }
        };
        assert_eq!(name("bob").await.unwrap(), json!({ "name": "then" }));
        assert_eq!(name("alice").await.unwrap(), json!({ "name": "now" }));
        assert!(matches!(name("eve").await, Err(Error::Forbidden(_))));

        let missing = world.rooms.state_event(&reader("bob"), &room, "org.example.new", "key", false).await;
        assert!(matches!(missing, Err(Error::NotFound(_))));
        let whole = world.rooms.state_event(&reader("alice"), &room, "org.example.new", "key", true).await.unwrap();
        let whole = value(&whole);
        assert_eq!((&whole["state_key"], &whole["content"]), (&json!("key"), &json!({ "new": true })));
        assert_eq!(whole["sender"], "@alice:test");

        let state = world.rooms.state(&reader("bob"), &room).await.unwrap();
        let state: Vec<Value> = state.iter().map(|event| value(event)).collect();
        let holder = |kind: &str, key: &str| {
            state.iter().find(|event| event["type"] == kind && event["state_key"] == key).map(|event| &event["content"])
        };
        assert_eq!(holder("m.room.name", "").unwrap()["name"], "then");
        assert_eq!(holder("m.room.member", "@bob:test").unwrap()["membership"], "leave");
        assert!(holder("org.example.new", "key").is_none());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_rooms_and_events() {
    worlds(async |world| {
        let room = world.public_room().await;
        let elsewhere = world.public_room().await;
        let id = world.say(&elsewhere, "alice", "hello").await;
        let unknown = ruma::RoomId::parse("!nowhere:test").unwrap();
        assert!(matches!(world.rooms.state(&reader("alice"), &unknown).await, Err(Error::Forbidden(_))));
        assert!(matches!(world.rooms.event(&reader("alice"), &unknown, &id).await, Err(Error::NotFound(_))));
        // An event is found by its room and its id, never by its id alone.
        assert!(matches!(world.rooms.event(&reader("alice"), &room, &id).await, Err(Error::NotFound(_))));
        assert!(world.rooms.event(&reader("alice"), &elsewhere, &id).await.is_ok());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn large_states_are_whole() {
    worlds(async |world| {
        let room = world.public_room().await;
        for n in 0..150 {
            world.set(&room, "alice", "org.example.entry", &n.to_string(), json!({ "n": n })).await;
        }
        let state = world.rooms.state(&reader("alice"), &room).await.unwrap();
        let entries = state.iter().filter(|event| value(event)["type"] == "org.example.entry").count();
        assert_eq!(entries, 150);
    })
    .await;
}
