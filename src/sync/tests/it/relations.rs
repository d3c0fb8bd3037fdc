//! What is bundled with the events of a timeline.

use serde_json::{Value, json};

use crate::world::{Ask, World};

/// A first sync with so many events of each room.
fn newest(count: u32) -> Ask {
    Ask { filter: Some(json!({ "room": { "timeline": { "limit": count } } })), ..Ask::default() }
}

fn to(rel_type: &str, target: &ruma::EventId) -> Value {
    let relation = json!({ "rel_type": rel_type, "event_id": target });
    json!({ "body": rel_type, "m.relates_to": relation, "m.new_content": { "body": "new" } })
}

/// The event of this id in the timeline of the only room.
fn told(sync: &Value, id: &ruma::EventId) -> Value {
    let rooms = sync["rooms"]["join"].as_object().unwrap();
    let timeline = &rooms.values().next().unwrap()["timeline"];
    let events = timeline["events"].as_array().unwrap();
    events.iter().find(|event| event["event_id"] == id.as_str()).cloned().unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_timeline_that_leaves_something_out_bundles() {
    let world = World::new().await;
    let (alice, bob) = (world.session("alice").await, world.session("bob").await);
    let room = world.room("alice").await;
    world.join(&room, "bob").await;
    let root = world.say(&room, "alice", "root").await;
    // Read by both, so that caches hold it before anything relates to it.
    for session in [&alice, &bob] {
        let sync = world.sync(session, newest(4)).await.unwrap();
        assert!(told(&sync, &root)["unsigned"]["m.relations"].is_null());
    }
    let reply = world.send(&room, "bob", "m.room.message", to("m.thread", &root)).await;
    let edit = world.send(&room, "alice", "m.room.message", to("m.replace", &root)).await;
    for (session, participated) in [(&alice, true), (&bob, true)] {
        let sync = world.sync(session, newest(4)).await.unwrap();
        let bundle = &told(&sync, &root)["unsigned"]["m.relations"];
        assert_eq!(bundle["m.replace"]["event_id"], edit.as_str());
        assert!(bundle["m.replace"].get("room_id").is_none(), "the section names the room");
        let thread = &bundle["m.thread"];
        assert_eq!((&thread["count"], &thread["current_user_participated"]), (&json!(1), &json!(participated)));
        assert_eq!(thread["latest_event"]["event_id"], reply.as_str());
    }
    // The reply is known to the cache; now it is edited, too, and then the edit goes.
    let better = world.send(&room, "bob", "m.room.message", to("m.replace", &reply)).await;
    let inner = |sync: &Value| told(sync, &reply)["unsigned"]["m.relations"]["m.replace"]["event_id"].clone();
    assert_eq!(inner(&world.sync(&alice, newest(4)).await.unwrap()), better.as_str());
    world.redact(&room, "bob", &better).await;
    assert_eq!(inner(&world.sync(&alice, newest(5)).await.unwrap()), Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_is_told_everything_needs_no_bundle() {
    let world = World::new().await;
    let alice = world.session("alice").await;
    let room = world.room("alice").await;
    let start = world.sync(&alice, Ask::default()).await.unwrap();
    let root = world.say(&room, "alice", "root").await;
    world.send(&room, "alice", "m.room.message", to("m.thread", &root)).await;
    let since = start["next_batch"].as_str().map(str::to_owned);
    let sync = world.sync(&alice, Ask { since, ..Ask::default() }).await.unwrap();
    let event = told(&sync, &root);
    assert_eq!(event["content"]["body"], "root");
    assert!(event["unsigned"]["m.relations"].is_null());
}
