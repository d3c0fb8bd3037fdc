//! What the server adds to events.

use serde_json::{Value, json};

use super::world::{reader, user, value, worlds};
use crate::Origin;

#[tokio::test(flavor = "multi_thread")]
async fn state_events_tell_what_they_replaced() {
    worlds(async |world| {
        let room = world.public_room().await;
        let first = world.set(&room, "alice", "m.room.topic", "", json!({ "topic": "one" })).await;
        world.set(&room, "alice", "m.room.topic", "", json!({ "topic": "two" })).await;
        let page = world.last(&room, "alice", 2).await.unwrap();
        let two = value(&page.chunk[0]);
        assert_eq!(two["unsigned"]["prev_content"], json!({ "topic": "one" }));
        assert_eq!(two["unsigned"]["replaces_state"], first.as_str());
        assert_eq!(two["unsigned"]["prev_sender"], "@alice:test");
        assert_eq!(two["unsigned"]["membership"], "join");
        let one = value(&page.chunk[1]);
        assert!(one["unsigned"].get("prev_content").is_none());
        assert_eq!(one["unsigned"]["age"], 1_000);
        assert_eq!(one["room_id"], room.as_str());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_sending_device_hears_its_transaction_id() {
    worlds(async |world| {
        let room = world.public_room().await;
        world.join(&room, "bob").await;
        let id = world.say(&room, "alice", "hello").await;
        let read = |reader: crate::Reader| {
            let (room, id, rooms) = (room.clone(), id.clone(), world.rooms.clone());
            async move { value(&rooms.event(&reader, &room, &id).await.unwrap())["unsigned"]["transaction_id"].clone() }
        };
        assert_eq!(read(reader("alice")).await, "1");
        assert_eq!(read(crate::Reader { device_id: Some("OTHER".into()), ..reader("alice") }).await, Value::Null);
        assert_eq!(read(crate::Reader { device_id: None, ..reader("alice") }).await, Value::Null);
        let bob_with_the_same_device_id = crate::Reader { device_id: Some("alice_DEVICE".into()), ..reader("bob") };
        assert_eq!(read(bob_with_the_same_device_id).await, Value::Null);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn redacted_events_say_why() {
    worlds(async |world| {
        let room = world.public_room().await;
        let id = world.say(&room, "alice", "oops").await;
        // Read once, so that caches hold the original.
        world.last(&room, "alice", 5).await.unwrap();
        let origin = Origin { device_id: "alice_DEVICE".into(), txn_id: "redact".into() };
        world.rooms.redact(&room, &user("alice"), &id, Some("typo"), origin).await.unwrap();
        let event = value(&world.rooms.event(&reader("alice"), &room, &id).await.unwrap());
        assert_eq!(event["content"], json!({}));
        let because = &event["unsigned"]["redacted_because"];
        assert_eq!(because["type"], "m.room.redaction");
        assert_eq!(because["content"]["reason"], "typo");
        assert_eq!(because["redacts"], id.as_str());
        assert!(because["event_id"].as_str().unwrap().starts_with('$'));
    })
    .await;
}
