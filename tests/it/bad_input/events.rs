//! Events that break the rules of events: numbers, depth, size.

use reqwest::Method;
use serde_json::json;

use super::Calm;
use crate::client::encode;
use crate::database::{Database, on_both_databases};
use crate::user::{User, message, message_path, timeline};

on_both_databases!(
    numbers_out_of_range,
    json_that_is_too_deep,
    events_of_just_the_largest_size,
    bodies_that_are_too_large
);

/// Bytes of an event (client-server API, "Size limits").
const EVENT_BYTES: usize = 65_536;

async fn numbers_out_of_range(database: Database) {
    let mut calm = Calm::new(&database).await;
    let numbers = ["1.5", "1e3", "1.0", "9007199254740992", "-9007199254740992", "1e400", "99999999999999999999999"];
    for number in numbers {
        for path in [message_path(&calm.room, "n"), format!("/rooms/{}/state/org.example.n", encode(&calm.room))] {
            for body in [format!("{{\"n\":{number}}}"), format!("{{\"list\":[{{\"n\":{number}}}]}}")] {
                let reply = calm.alice.raw(Method::PUT, &path, body).await;
                reply.fails(&["400 M_BAD_JSON", "400 M_NOT_JSON"]);
            }
        }
        let initial = format!("{{\"initial_state\":[{{\"type\":\"a.b\",\"content\":{{\"n\":{number}}}}}]}}");
        calm.alice.raw(Method::POST, "/createRoom", initial).await.fails(&["400 M_BAD_JSON", "400 M_NOT_JSON"]);
    }
    calm.is_undisturbed().await;
    for (turn, number) in ["9007199254740991", "-9007199254740991", "0"].iter().enumerate() {
        let path = message_path(&calm.room, &format!("fine{turn}"));
        calm.alice.raw(Method::PUT, &path, format!("{{\"n\":{number}}}")).await.ok();
    }
}

async fn json_that_is_too_deep(database: Database) {
    let mut calm = Calm::new(&database).await;
    let nested = |levels: usize| format!("{{\"deep\":{}{}}}", "[".repeat(levels), "]".repeat(levels));
    let too_deep = &["400 M_BAD_JSON", "400 M_NOT_JSON", "413 M_TOO_LARGE"];
    for levels in [200, 1_000, 30_000] {
        let state = format!("/rooms/{}/state/org.example.deep", encode(&calm.room));
        let data = format!("/user/{}/account_data/org.example.deep", encode(&calm.alice.id));
        for path in [message_path(&calm.room, "deep"), state, data] {
            calm.alice.raw(Method::PUT, &path, nested(levels)).await.fails(too_deep);
        }
    }
    calm.is_undisturbed().await;
    calm.alice.raw(Method::PUT, &message_path(&calm.room, "fine"), nested(50)).await.ok();
}

/// Bytes of the newest event of a room as servers exchange it.
async fn federated_size(user: &User, room: &str) -> usize {
    let filter = json!({ "event_format": "federation", "room": { "rooms": [room], "timeline": { "limit": 1 } } });
    let sync = user.get(&format!("/sync?filter={}", encode(&filter.to_string()))).await.ok();
    let mut event = timeline(&sync, room)[0].clone();
    assert!(event["hashes"].is_object() && event["signatures"].is_object(), "not as servers exchange it: {event}");
    for added in ["unsigned", "event_id"] {
        event.as_object_mut().unwrap().remove(added);
    }
    event.to_string().len()
}

async fn events_of_just_the_largest_size(database: Database) {
    let mut calm = Calm::new(&database).await;
    let filler = |bytes: usize| message(&"x".repeat(bytes));
    // The size of all but the text is the same for two messages in a row, as long as no number gains a digit.
    for turn in 0..10 {
        calm.alice.say(&calm.room, &format!("digits {turn}"), "so that the depth has two digits").await;
    }
    calm.alice.put(&message_path(&calm.room, "probe"), filler(1_000)).await.ok();
    let most = 1_000 + EVENT_BYTES - federated_size(&calm.alice, &calm.room).await;
    assert!((64_000..EVENT_BYTES).contains(&most), "{most}");
    let before = calm.alice.everything(&[&calm.room]).await;
    for bytes in [most + 1, most + 100, EVENT_BYTES, 2 * EVENT_BYTES] {
        calm.alice.put(&message_path(&calm.room, "too large"), filler(bytes)).await.fails(&["413 M_TOO_LARGE"]);
    }
    assert_eq!(calm.alice.everything(&[&calm.room]).await, before);
    calm.alice.put(&message_path(&calm.room, "largest"), filler(most)).await.ok();
    let newest = calm.bob.newest(&calm.room, 1).await;
    assert_eq!(newest[0]["content"]["body"].as_str().unwrap().len(), most);
    calm.server.is_sound();
}

async fn bodies_that_are_too_large(database: Database) {
    let mut calm = Calm::new(&database).await;
    let huge = format!("{{\"body\":\"{}\"}}", "x".repeat(3_000_000));
    let data = format!("/user/{}/account_data/org.example.big", encode(&calm.alice.id));
    let state = format!("/rooms/{}/state/org.example.big", encode(&calm.room));
    for path in [message_path(&calm.room, "big"), state, data.clone()] {
        calm.alice.raw(Method::PUT, &path, huge.clone()).await.fails(&["413 M_TOO_LARGE"]);
    }
    for path in ["/createRoom", "/login", "/register"] {
        calm.alice.raw(Method::POST, path, huge.clone()).await.fails(&["413 M_TOO_LARGE"]);
    }
    calm.alice.put(&data, json!({ "text": "x".repeat(70_000) })).await.fails(&["413 M_TOO_LARGE"]);
    let profile = format!("/profile/{}/org.example.big", encode(&calm.alice.id));
    let big = json!({ "org.example.big": "x".repeat(70_000) });
    calm.alice.put(&profile, big).await.fails(&["400 M_PROFILE_TOO_LARGE", "413 M_TOO_LARGE"]);
    calm.is_undisturbed().await;
}
