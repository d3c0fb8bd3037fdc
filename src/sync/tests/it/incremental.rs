//! What is new since a token.

use serde_json::json;

use crate::{
    client::{bodies, joined, limit, nothing, types},
    world::{Ask, World},
};

#[tokio::test]
async fn where_nothing_is_new_nothing_is_told() {
    let world = World::new().await;
    let mut alice = world.client("alice").await;
    let room = world.room("alice").await;
    let first = alice.sync().await;
    assert_eq!(alice.sync().await, nothing(&first["next_batch"]));
    world.say(&room, "alice", "one").await;
    assert_eq!(bodies(joined(&alice.sync().await, &room)), ["one"]);
    assert!(alice.sync().await.get("rooms").is_none());
}

#[tokio::test]
async fn what_happens_in_rooms_of_others_is_not_told() {
    let world = World::new().await;
    let mut alice = world.client("alice").await;
    let _bob = world.session("bob").await;
    let room = world.room("bob").await;
    alice.sync().await;
    world.say(&room, "bob", "secret").await;
    assert!(alice.sync().await.get("rooms").is_none());
}

#[tokio::test]
async fn only_what_is_new_is_told() {
    let world = World::new().await;
    let mut alice = world.client("alice").await;
    let (room, quiet) = (world.room("alice").await, world.room("alice").await);
    alice.sync().await;
    world.topic(&room, "alice", "new").await;
    world.say(&room, "alice", "one").await;
    let answer = alice.sync().await;
    let told = joined(&answer, &room);
    assert_eq!(types(&told["timeline"]), ["m.room.message", "m.room.topic"]);
    assert_eq!(told["state"]["events"], json!([]));
    assert_eq!(told["timeline"]["limited"], false);
    assert!(told.get("summary").is_none());
    assert!(joined(&answer, &quiet).is_null());
}

#[tokio::test]
async fn a_gap_is_told_with_the_state_that_changed_in_it() {
    let world = World::new().await;
    let mut alice = world.client("alice").await;
    alice.filter = limit(2);
    let room = world.room("alice").await;
    alice.sync().await;
    world.topic(&room, "alice", "lost").await;
    let topic = world.topic(&room, "alice", "in the gap").await;
    for text in ["one", "two", "three"] {
        world.say(&room, "alice", text).await;
    }
    let answer = alice.sync().await;
    let told = joined(&answer, &room);
    assert_eq!(bodies(told), ["two", "three"]);
    assert_eq!(told["timeline"]["limited"], true);
    assert_eq!(types(&told["state"]), ["m.room.topic"]);
    assert_eq!(told["state"]["events"][0]["event_id"], topic.as_str());

    // Exactly as many as fit leave no gap.
    world.say(&room, "alice", "four").await;
    world.say(&room, "alice", "five").await;
    let answer = alice.sync().await;
    let told = joined(&answer, &room);
    assert_eq!(bodies(told), ["four", "five"]);
    assert_eq!(told["timeline"]["limited"], false);
}

#[tokio::test]
async fn full_state_tells_all_rooms_but_only_new_events() {
    let world = World::new().await;
    let mut alice = world.client("alice").await;
    let (room, quiet) = (world.room("alice").await, world.room("alice").await);
    alice.sync().await;
    world.say(&room, "alice", "one").await;
    let answer = world.sync(&alice.session, Ask { full_state: true, ..alice.ask() }).await.unwrap();
    assert_eq!(bodies(joined(&answer, &room)), ["one"]);
    for room in [&room, &quiet] {
        let told = joined(&answer, room);
        assert!(types(&told["state"]).contains(&"m.room.create".to_owned()));
        assert!(types(&told["state"]).contains(&"member @alice".to_owned()));
    }
    assert_eq!(joined(&answer, &quiet)["timeline"]["events"], json!([]));
    assert_eq!(joined(&answer, &quiet)["timeline"]["limited"], false);
}

#[tokio::test]
async fn the_summary_comes_when_it_changes() {
    let world = World::new().await;
    let mut alice = world.client("alice").await;
    let _bob = world.session("bob").await;
    let _carol = world.session("carol").await;
    let room = world.room("alice").await;
    alice.sync().await;
    world.join(&room, "bob").await;
    world.invite(&room, "alice", "carol").await;
    let answer = alice.sync().await;
    let summary = &joined(&answer, &room)["summary"];
    let heroes = json!(["@bob:test", "@carol:test"]);
    assert_eq!(*summary, json!({ "m.heroes": heroes, "m.joined_member_count": 2, "m.invited_member_count": 1 }));
    world.say(&room, "bob", "one").await;
    assert!(joined(&alice.sync().await, &room).get("summary").is_none());
    // Who is alone again is called by who left.
    world.leave(&room, "bob").await;
    world.leave(&room, "carol").await;
    let answer = alice.sync().await;
    let summary = &joined(&answer, &room)["summary"];
    assert_eq!(*summary, json!({ "m.heroes": heroes, "m.joined_member_count": 1, "m.invited_member_count": 0 }));
}

#[tokio::test]
async fn a_room_whose_name_is_redacted_is_called_by_its_members() {
    let world = World::new().await;
    let mut alice = world.client("alice").await;
    let room = world.room("alice").await;
    world.join(&room, "bob").await;
    let name = world.set(&room, "alice", "m.room.name", "", json!({ "name": "Weekends" })).await;
    let answer = alice.sync().await;
    assert_eq!(joined(&answer, &room)["summary"].get("m.heroes"), None);
    world.redact(&room, "alice", &name).await;
    let heroes = json!(["@bob:test"]);
    assert_eq!(joined(&alice.sync().await, &room)["summary"]["m.heroes"], heroes);
    assert_eq!(joined(&alice.fresh().sync().await, &room)["summary"]["m.heroes"], heroes);
}
