//! Filters.

use serde_json::json;

use crate::{
    client::{bodies, joined, types},
    world::{Ask, World, user},
};

#[tokio::test]
async fn timelines_hold_what_the_filter_wants_however_far_back() {
    let world = World::new().await;
    let mut alice = world.client("alice").await;
    let _bob = world.session("bob").await;
    let room = world.room("alice").await;
    world.join(&room, "bob").await;
    world.say(&room, "bob", "first of bob").await;
    for n in 0..70 {
        world.say(&room, "alice", &n.to_string()).await;
    }
    world.send(&room, "bob", "m.reaction", json!({})).await;
    world.say(&room, "bob", "second of bob").await;
    let timeline = json!({ "senders": ["@bob:test"], "types": ["m.room.mess*"], "limit": 5 });
    alice.filter = Some(json!({ "room": { "timeline": timeline } }));
    let answer = alice.sync().await;
    let told = joined(&answer, &room);
    assert_eq!(bodies(told), ["first of bob", "second of bob"]);
    assert_eq!(told["timeline"]["limited"], false);
    // What the filter took out of the timeline stands in the state.
    assert!(types(&told["state"]).contains(&"member @bob".to_owned()));

    world.say(&room, "alice", "unwanted").await;
    assert!(alice.sync().await.get("rooms").is_none());
    world.topic(&room, "alice", "T").await;
    let answer = alice.sync().await;
    assert_eq!(types(&joined(&answer, &room)["state"]), ["m.room.topic"]);
    assert_eq!(joined(&answer, &room)["timeline"]["events"], json!([]));
}

#[tokio::test]
async fn rooms_senders_and_urls_are_chosen() {
    let world = World::new().await;
    let mut alice = world.client("alice").await;
    let (room, other) = (world.room("alice").await, world.room("alice").await);
    world.send(&room, "alice", "m.room.message", json!({ "body": "picture", "url": "mxc://a/b" })).await;
    world.say(&room, "alice", "text").await;
    let ask = |filter| Ask { filter: Some(filter), ..Ask::default() };
    let sync = async |filter| world.sync(&alice.session, ask(filter)).await.unwrap();
    let answer = sync(json!({ "room": { "timeline": { "contains_url": true } } })).await;
    assert_eq!(bodies(joined(&answer, &room)), ["picture"]);
    let answer = sync(json!({ "room": { "timeline": { "contains_url": false, "types": ["m.room.message"] } } })).await;
    assert_eq!(bodies(joined(&answer, &room)), ["text"]);
    let answer = sync(json!({ "room": { "timeline": { "not_senders": ["@alice:test"] } } })).await;
    assert_eq!(joined(&answer, &room)["timeline"]["events"], json!([]));
    let answer = sync(json!({ "room": { "not_rooms": [&other] } })).await;
    assert!(joined(&answer, &other).is_null() && joined(&answer, &room).is_object());
    let answer = sync(json!({ "room": { "rooms": [&other, &room], "timeline": { "rooms": [&other] } } })).await;
    assert!(bodies(joined(&answer, &room)).is_empty());
    assert!(!types(&joined(&answer, &other)["timeline"]).is_empty());
    let answer = sync(json!({ "room": { "state": { "types": ["m.room.create"] }, "timeline": { "limit": 1 } } })).await;
    assert_eq!(types(&joined(&answer, &room)["state"]), ["m.room.create"]);
    alice.sync().await;
}

#[tokio::test]
async fn fields_and_format_are_chosen() {
    let world = World::new().await;
    let alice = world.client("alice").await;
    let room = world.room("alice").await;
    world.say(&room, "alice", "text").await;
    let filter = json!({ "event_fields": ["type", "content.body"], "room": { "timeline": { "limit": 1 } } });
    let answer = world.sync(&alice.session, Ask { filter: Some(filter), ..Ask::default() }).await.unwrap();
    let events = &joined(&answer, &room)["timeline"]["events"];
    assert_eq!(*events, json!([{ "type": "m.room.message", "content": { "body": "text" } }]));
    let filter = json!({ "event_format": "federation", "room": { "timeline": { "limit": 1 } } });
    let answer = world.sync(&alice.session, Ask { filter: Some(filter), ..Ask::default() }).await.unwrap();
    assert!(joined(&answer, &room)["timeline"]["events"][0]["signatures"]["test"].is_object());
}

#[tokio::test]
async fn stored_filters_are_named_by_their_id() {
    let world = World::new().await;
    let alice = world.client("alice").await;
    let room = world.room("alice").await;
    let filter = serde_json::from_value(json!({ "room": { "timeline": { "limit": 2 } } })).unwrap();
    let id = world.accounts.create_filter(&user("alice"), filter).await.unwrap();
    let answer = world.sync(&alice.session, Ask { filter: Some(id.into()), ..Ask::default() }).await.unwrap();
    assert_eq!(joined(&answer, &room)["timeline"]["events"].as_array().unwrap().len(), 2);
    let refused = world.sync(&alice.session, Ask { filter: Some("12345".into()), ..Ask::default() }).await;
    assert!(matches!(refused, Err(sync::Error::Accounts(_))));
    for broken in ["{", "{\"room\":[]}", "{\"room\":{\"timeline\":{\"limit\":\"x\"}}}"] {
        let refused = world.sync(&alice.session, Ask { filter: Some(broken.into()), ..Ask::default() }).await;
        assert!(matches!(refused, Err(sync::Error::InvalidParam(_))), "{broken}");
    }
}
