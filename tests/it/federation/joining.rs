//! Rooms of another server are joined.

use serde_json::json;

use super::{
    story::{in_section, join_via, leave, membership, until_membership, until_synced},
    world::World,
};
use crate::{
    client::encode,
    database::{Database, on_both_databases},
};

on_both_databases!(
    a_public_room_of_every_version_is_joined,
    a_room_is_joined_by_its_alias,
    who_left_comes_back,
    the_second_of_a_server_needs_no_help,
    a_server_that_cannot_help_is_passed_over,
    a_private_room_stays_closed,
);

async fn a_public_room_of_every_version_is_joined(database: Database) {
    let mut world = World::start::<2>(database).await;
    let (alice, bob) = (world.user(0, "alice").await, world.user(1, "bob").await);
    for version in 6..=12 {
        let options = json!({ "name": "Tea", "preset": "public_chat", "room_version": version.to_string() });
        let room = alice.post("/createRoom", options).await.text_at("room_id");
        let (_, since) = until_synced(&bob, None, "/next_batch").await;
        let reply = join_via(&bob, &room, &["one.test"]).await;
        assert_eq!(reply.text_at("room_id"), room, "version {version}");
        until_membership(&alice, &room, &bob.id, "join").await;
        let (joined, _) = until_synced(&bob, Some(&since), &in_section("join", &room)).await;
        let state = [&joined["state"]["events"], &joined["timeline"]["events"]];
        let names: Vec<_> = state.iter().flat_map(|events| events.as_array().unwrap()).collect();
        let named = names.iter().any(|event| event["type"] == "m.room.name" && event["content"]["name"] == "Tea");
        assert!(named, "version {version}: {joined}");
        assert_eq!(membership(&bob, &room, &alice.id).await, "join");
    }
    world.is_sound();
}

async fn a_room_is_joined_by_its_alias(database: Database) {
    let world = World::start::<2>(database).await;
    let (alice, bob) = (world.user(0, "alice").await, world.user(1, "bob").await);
    let options = json!({ "preset": "public_chat", "room_alias_name": "tea" });
    let room = alice.post("/createRoom", options).await.text_at("room_id");
    let path = |alias: &str| format!("/join/{}", encode(alias));
    assert_eq!(bob.post(&path("#tea:one.test"), json!({})).await.text_at("room_id"), room);
    until_membership(&alice, &room, &bob.id, "join").await;
    bob.post(&path("#coffee:one.test"), json!({})).await.fails(&["404 M_NOT_FOUND"]);
}

async fn who_left_comes_back(database: Database) {
    let world = World::start::<2>(database).await;
    let (alice, bob) = (world.user(0, "alice").await, world.user(1, "bob").await);
    let room = alice.public_room("Tea").await;
    join_via(&bob, &room, &["one.test"]).await.ok();
    until_membership(&alice, &room, &bob.id, "join").await;
    leave(&bob, &room).await;
    until_membership(&alice, &room, &bob.id, "leave").await;
    // Nobody of that server is there now: what it knows of the room is out of date.
    let topic = json!({ "topic": "changed meanwhile" });
    alice.put(&format!("/rooms/{}/state/m.room.topic", encode(&room)), topic.clone()).await.ok();
    join_via(&bob, &room, &["one.test"]).await.ok();
    until_membership(&alice, &room, &bob.id, "join").await;
    let seen = bob.get(&format!("/rooms/{}/state/m.room.topic", encode(&room))).await.ok();
    assert_eq!(seen["topic"], topic["topic"]);
}

async fn the_second_of_a_server_needs_no_help(database: Database) {
    let world = World::start::<2>(database).await;
    let (alice, bob) = (world.user(0, "alice").await, world.user(1, "bob").await);
    let carol = world.user(1, "carol").await;
    let room = alice.public_room("Tea").await;
    let (first, second) = tokio::join!(join_via(&bob, &room, &["one.test"]), join_via(&carol, &room, &["one.test"]));
    first.ok();
    second.ok();
    for user in [&bob, &carol] {
        until_membership(&alice, &room, &user.id, "join").await;
        assert_eq!(membership(&alice, &room, &user.id).await, "join");
        assert_eq!(membership(&bob, &room, &user.id).await, "join");
    }
}

async fn a_server_that_cannot_help_is_passed_over(database: Database) {
    let world = World::start::<3>(database).await;
    let (alice, bob) = (world.user(0, "alice").await, world.user(1, "bob").await);
    let room = alice.public_room("Tea").await;
    join_via(&bob, &room, &["nowhere.test", "three.test", "one.test"]).await.ok();
    until_membership(&alice, &room, &bob.id, "join").await;
    let nowhere = "!nowhere:three.test";
    join_via(&bob, nowhere, &["three.test"]).await.fails(&["404 M_NOT_FOUND"]);
}

async fn a_private_room_stays_closed(database: Database) {
    let world = World::start::<2>(database).await;
    let (alice, bob) = (world.user(0, "alice").await, world.user(1, "bob").await);
    let room = alice.post("/createRoom", json!({ "preset": "private_chat" })).await.text_at("room_id");
    join_via(&bob, &room, &["one.test"]).await.fails(&["403 M_FORBIDDEN"]);
    assert_eq!(membership(&alice, &room, &bob.id).await, "none");
}
