//! Lazy members.

use serde_json::{Value, json};

use crate::{
    client::{bodies, joined, types},
    world::World,
};

fn lazy(limit: usize) -> Option<Value> {
    Some(json!({ "room": { "state": { "lazy_load_members": true }, "timeline": { "limit": limit } } }))
}

fn members(section: &Value) -> Vec<String> {
    let members = types(section).into_iter();
    members.filter_map(|name| name.strip_prefix("member @").map(ToOwned::to_owned)).collect()
}

/// A room of alice's with these others, made by them in this order, where alice has said something since.
async fn crowd(world: &World, others: &[&str]) -> ruma::OwnedRoomId {
    let room = world.room("alice").await;
    for name in others {
        world.session(name).await;
        world.join(&room, name).await;
    }
    for n in 0..5 {
        world.say(&room, "alice", &n.to_string()).await;
    }
    room
}

#[tokio::test]
async fn only_members_who_matter_are_told() {
    let world = World::new().await;
    let mut alice = world.client("alice").await;
    alice.filter = lazy(3);
    let room = crowd(&world, &["b", "c", "d", "e", "f", "g", "h"]).await;
    let answer = alice.sync().await;
    let told = joined(&answer, &room);
    assert_eq!(told["summary"]["m.heroes"], json!(["@b:test", "@c:test", "@d:test", "@e:test", "@f:test"]));
    assert_eq!(members(&told["state"]), ["alice", "b", "c", "d", "e", "f"]);
    assert!(types(&told["state"]).contains(&"m.room.power_levels".to_owned()));

    // Whose event is new to the client, and only once.
    world.say(&room, "h", "one").await;
    assert_eq!(members(&joined(&alice.sync().await, &room)["state"]), ["h"]);
    world.say(&room, "h", "two").await;
    world.say(&room, "b", "three").await;
    let answer = alice.sync().await;
    assert_eq!(bodies(joined(&answer, &room)), ["two", "three"]);
    assert_eq!(members(&joined(&answer, &room)["state"]), Vec::<String>::new());
}

#[tokio::test]
async fn an_answer_that_was_lost_counts_for_nothing() {
    let world = World::new().await;
    let mut alice = world.client("alice").await;
    alice.filter = lazy(3);
    let room = crowd(&world, &["b", "c", "d", "e", "f", "g", "h"]).await;
    alice.sync().await;
    world.say(&room, "h", "one").await;
    let lost = world.sync(&alice.session, alice.ask()).await.unwrap();
    assert_eq!(members(&joined(&lost, &room)["state"]), ["h"]);
    world.say(&room, "h", "two").await;
    assert_eq!(members(&joined(&alice.sync().await, &room)["state"]), ["h"]);
    // A client that begins anew knows nobody.
    let mut fresh = alice.fresh();
    fresh.sync().await;
    world.say(&room, "h", "three").await;
    world.say(&room, "g", "four").await;
    world.say(&room, "g", "five").await;
    assert_eq!(members(&joined(&fresh.sync().await, &room)["state"]), ["g"]);
}

#[tokio::test]
async fn members_who_changed_in_a_gap_are_told() {
    let world = World::new().await;
    let mut alice = world.client("alice").await;
    alice.filter = lazy(1);
    let room = crowd(&world, &["b", "c", "d", "e", "f", "g", "h"]).await;
    alice.sync().await;
    world.leave(&room, "h").await;
    world.say(&room, "alice", "one").await;
    world.say(&room, "alice", "two").await;
    let answer = alice.sync().await;
    let told = joined(&answer, &room);
    assert_eq!(told["timeline"]["limited"], true);
    assert_eq!(members(&told["state"]), ["h"]);
    assert_eq!(told["state"]["events"][0]["content"]["membership"], "leave");
}

#[tokio::test]
async fn redundant_members_are_told_on_demand() {
    let world = World::new().await;
    let mut alice = world.client("alice").await;
    let state = json!({ "lazy_load_members": true, "include_redundant_members": true });
    alice.filter = Some(json!({ "room": { "state": state } }));
    let room = crowd(&world, &["b"]).await;
    alice.sync().await;
    for _ in 0..2 {
        world.say(&room, "b", "again").await;
        assert_eq!(members(&joined(&alice.sync().await, &room)["state"]), ["b"]);
    }
}
