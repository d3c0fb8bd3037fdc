//! What syncs keep in memory of what happened lately: nothing that changed is left out for it.

use std::collections::BTreeMap;

use e2ee::to_device::Sender;
use rooms::receipts::{ReadUpTo, Receipt, ReceiptKind, Thread};
use ruma::{EventId, RoomId};
use serde_json::{Value, json};

use crate::{
    client::{Client, bodies, joined, left, types},
    world::{World, user},
};

/// A room of Alice's with Bob in it. Both sync, and what they need is in memory.
async fn busy_room<'w>(world: &'w World) -> (Client<'w>, Client<'w>, ruma::OwnedRoomId) {
    let (mut alice, mut bob) = (world.client("alice").await, world.client("bob").await);
    let room = world.room("alice").await;
    world.join(&room, "bob").await;
    for text in ["one", "two"] {
        alice.sync().await;
        bob.sync().await;
        world.say(&room, "bob", text).await;
    }
    alice.sync().await;
    bob.sync().await;
    (alice, bob, room)
}

pub async fn read(world: &World, name: &str, room: &RoomId, event: &EventId) {
    let receipt = Receipt { kind: ReceiptKind::Public, event_id: event.to_owned(), thread: Thread::Unthreaded };
    let read = ReadUpTo { receipts: vec![receipt], fully_read: None };
    world.rooms.mark_read(&user(name), room, read).await.unwrap();
}

/// Sends a message to a device, with this number as its text and its transaction.
pub async fn tell(world: &World, from: &str, to: &str, number: usize) {
    let device = |name: &str| format!("{name}_DEVICE");
    let content = serde_json::value::to_raw_value(&json!({ "n": number })).unwrap();
    let messages = BTreeMap::from([(user(to), BTreeMap::from([(device(to), content)]))]);
    let (user_id, device_id, txn_id) = (&*user(from), &*device(from), &*number.to_string());
    let sender = Sender { user_id, device_id: device_id.into(), txn_id };
    world.e2ee.send_to_devices(sender, "t.message", messages).await.unwrap();
}

pub fn told(answer: &Value) -> Vec<u64> {
    let events = answer["to_device"]["events"].as_array().into_iter().flatten();
    events.map(|event| event["content"]["n"].as_u64().unwrap()).collect()
}

pub fn unread(room: &Value) -> i64 {
    room["unread_notifications"]["notification_count"].as_i64().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_with_a_message_is_told_with_it() {
    let world = World::new().await;
    let (mut alice, _bob, room) = busy_room(&world).await;

    world.say(&room, "bob", "alone").await;
    let answer = alice.sync().await;
    assert_eq!(bodies(joined(&answer, &room)), ["alone"]);
    assert!(answer.get("account_data").is_none() && answer.get("to_device").is_none());

    world.say(&room, "bob", "data").await;
    world.set_account_data("alice", None, "t.global", json!({ "n": 1 })).await;
    world.set_account_data("alice", Some(&room), "t.room", json!({ "n": 2 })).await;
    let answer = alice.sync().await;
    assert_eq!(bodies(joined(&answer, &room)), ["data"]);
    assert_eq!(answer["account_data"]["events"][0]["content"]["n"], 1);
    assert_eq!(joined(&answer, &room)["account_data"]["events"][0]["content"]["n"], 2);

    tell(&world, "bob", "alice", 7).await;
    world.say(&room, "bob", "direct").await;
    let answer = alice.sync().await;
    assert_eq!((bodies(joined(&answer, &room)), told(&answer)), (vec!["direct"], vec![7]));

    alice.filter = Some(json!({ "room": { "timeline": { "limit": 1 } } }));
    let topic = world.topic(&room, "alice", "new").await;
    world.say(&room, "bob", "state").await;
    let answer = alice.sync().await;
    assert_eq!(bodies(joined(&answer, &room)), ["state"]);
    assert_eq!(joined(&answer, &room)["state"]["events"][0]["event_id"], topic.as_str());

    world.say(&room, "bob", "again").await;
    let answer = alice.sync().await;
    assert_eq!(bodies(joined(&answer, &room)), ["again"]);
    assert_eq!(joined(&answer, &room)["state"]["events"], json!([]));
    assert!(answer.get("account_data").is_none() && answer.get("to_device").is_none());
    assert!(joined(&answer, &room).get("account_data").is_none());
    assert!(alice.sync().await.get("rooms").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn counts_that_are_kept_follow_what_happens() {
    let world = World::new().await;
    let (mut alice, mut bob, room) = busy_room(&world).await;
    let three = world.say(&room, "bob", "three").await;
    assert_eq!(unread(joined(&alice.sync().await, &room)), 3);
    assert_eq!(unread(joined(&bob.sync().await, &room)), 0);

    read(&world, "alice", &room, &three).await;
    assert_eq!(unread(joined(&alice.sync().await, &room)), 0);
    let four = world.say(&room, "bob", "four").await;
    assert_eq!(unread(joined(&alice.sync().await, &room)), 1);
    world.say(&room, "bob", "five").await;
    assert_eq!(unread(joined(&alice.sync().await, &room)), 2);

    world.redact(&room, "bob", &four).await;
    assert_eq!(unread(joined(&alice.sync().await, &room)), 1);
    // What is said by oneself counts for the others only.
    world.say(&room, "alice", "six").await;
    assert_eq!(unread(joined(&alice.sync().await, &room)), 1);
    assert_eq!(unread(joined(&bob.sync().await, &room)), 1);

    let content = json!({ "msgtype": "m.text", "body": "x", "m.mentions": { "user_ids": ["@alice:test"] } });
    let named = world.send(&room, "bob", "m.room.message", content).await;
    let answer = alice.sync().await;
    let counts = &joined(&answer, &room)["unread_notifications"];
    assert_eq!(*counts, json!({ "highlight_count": 1, "notification_count": 2 }));
    world.redact(&room, "bob", &named).await;
    let answer = alice.sync().await;
    let counts = &joined(&answer, &room)["unread_notifications"];
    assert_eq!(*counts, json!({ "highlight_count": 0, "notification_count": 1 }));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_and_goes_is_told_what_was_said_where_they_were() {
    let world = World::new().await;
    let (mut alice, mut bob, room) = busy_room(&world).await;
    world.say(&room, "alice", "three").await;
    world.leave(&room, "bob").await;
    world.say(&room, "alice", "four").await;
    let answer = bob.sync().await;
    assert_eq!(bodies(left(&answer, &room)), ["three"]);
    assert_eq!(bodies(joined(&alice.sync().await, &room)), ["three", "four"]);
    world.say(&room, "alice", "five").await;
    let answer = bob.sync().await;
    assert!(answer.get("rooms").is_none());

    world.join(&room, "bob").await;
    world.say(&room, "alice", "six").await;
    let answer = bob.sync().await;
    assert_eq!(bodies(joined(&answer, &room)).last(), Some(&"six"));
    assert_eq!(unread(joined(&answer, &room)), 1);
    assert!(types(&joined(&answer, &room)["state"]).contains(&"m.room.create".to_owned()));
    world.say(&room, "alice", "seven").await;
    let answer = bob.sync().await;
    assert_eq!((bodies(joined(&answer, &room)), unread(joined(&answer, &room))), (vec!["seven"], 2));
    assert_eq!(joined(&answer, &room)["timeline"]["limited"], false);
}
