//! Messages to and from devices of other servers, on both databases.

use std::collections::{BTreeMap, BTreeSet};

use ruma::UserId;
use serde_json::{Value, json, value::RawValue};
use store::{federation::outbox, testing::each};

use super::{Messages, Received, bounds::*, elsewhere::Elsewhere, tests::content};
use crate::{Error, Result, testing::World};

fn raw(content: &Value) -> Box<RawValue> {
    RawValue::from_string(content.to_string()).unwrap()
}

fn messages(of: Value) -> Messages {
    serde_json::from_value(of).unwrap()
}

impl World {
    /// What waits for another server.
    async fn outbox(&self, server: &'static str) -> Vec<Value> {
        let waiting = self.store.read(move |conn| outbox::waiting(conn, server, (0, i64::MAX), 1_000)).await.unwrap();
        waiting.iter().map(|(_, edu)| serde_json::from_str(edu).unwrap()).collect()
    }

    async fn receive(&self, sender: &str, message_id: &str, messages: Messages) -> Result<()> {
        let (sender, event_type) = (UserId::parse(sender).unwrap(), "m.test".to_owned());
        self.e2ee.receive_to_devices(Received { sender, event_type, message_id: message_id.into(), messages }).await
    }
}

#[tokio::test]
async fn a_request_goes_to_each_server_once() {
    each(async |database| {
        let world = World::open(database);
        let (alice, bob) = (world.device("alice", 1).await, world.device("bob", 2).await);
        let note = |number| json!({ "number": number });
        let sent = messages(json!({
            bob.user.as_str(): { bob.id.as_str(): note(1) },
            "@a:far": { "ONE": note(2), "TWO": note(3) },
            "@b:far": { "*": note(4), "ONE": note(5) },
            "@c:away": { "ONE": note(6) },
            "@d:strange": { "ONE": note(7) },
        }));
        for _ in 0..2 {
            world.send(&alice, "same", sent.clone()).await.unwrap();
        }
        assert_eq!(world.numbers(&bob, 0).await, [1]);
        let [far] = &world.outbox("far").await[..] else { panic!("not one EDU") };
        let id = far["content"]["message_id"].as_str().unwrap();
        let expected = json!({ "edu_type": "m.direct_to_device", "content": {
            "sender": alice.user,
            "type": "m.test",
            "message_id": id,
            "messages": { "@a:far": { "ONE": note(2), "TWO": note(3) }, "@b:far": { "*": note(4) } },
        } });
        assert_eq!((far, id.len()), (&expected, 32));
        let [away] = &world.outbox("away").await[..] else { panic!("not one EDU") };
        assert_eq!(away["content"]["messages"], json!({ "@c:away": { "ONE": note(6) } }));
        assert_ne!(away["content"]["message_id"], id);
        assert!(world.outbox("strange").await.is_empty(), "we have nothing to do with that server");

        world.send(&alice, "other", messages(json!({ "@a:far": { "ONE": note(2) } }))).await.unwrap();
        world.send(&alice, "third", messages(json!({ "@a:far": { "ONE": note(2) } }))).await.unwrap();
        let ids: BTreeSet<String> =
            world.outbox("far").await.iter().map(|edu| edu["content"]["message_id"].to_string()).collect();
        assert_eq!(ids.len(), 3, "each message has an id of its own");
    })
    .await;
}

#[tokio::test]
async fn what_is_large_goes_in_parts() {
    let world = World::open(store::testing::Database::sqlite());
    let alice = world.device("alice", 1).await;
    let of = |bytes: usize| raw(&json!({ "text": "x".repeat(bytes) }));
    let devices: BTreeMap<String, _> = (0..20).map(|number| (format!("D{number}"), of(10_000))).collect();
    world.send(&alice, "1", Messages::from([("@a:far".try_into().unwrap(), devices.clone())])).await.unwrap();
    let edus = world.outbox("far").await;
    assert!(edus.iter().all(|edu| edu.to_string().len() <= EDU_BYTES));
    assert_eq!(edus.len(), 4, "six of them fit into one");
    let mut got = BTreeMap::new();
    for edu in &edus {
        got.extend(
            serde_json::from_value::<Messages>(edu["content"]["messages"].clone()).unwrap().into_values().flatten(),
        );
    }
    assert_eq!(got.keys().collect::<Vec<_>>(), devices.keys().collect::<Vec<_>>());

    let whole = BTreeMap::from([("D".to_owned(), of(CONTENT_BYTES - 100))]);
    let error = world.send(&alice, "2", Messages::from([("@a:far".try_into().unwrap(), whole)])).await.unwrap_err();
    assert!(matches!(error, Error::TooLarge(_)), "{error}");
    let mut elsewhere = Elsewhere::default();
    let mut add = |number: usize| {
        elsewhere.add(format!("@a:s{number}").try_into().unwrap(), BTreeMap::from([("*".to_owned(), content(1))]))
    };
    assert!((0..SERVERS_PER_REQUEST).all(|number| add(number).is_ok()));
    assert!(matches!(add(SERVERS_PER_REQUEST), Err(Error::TooLarge(_))));
    assert_eq!(world.outbox("far").await.len(), 4, "what was refused is not sent");
}

#[tokio::test]
async fn fractions_are_sent_as_others_sign_them_and_what_nobody_can_read_is_not() {
    let world = World::open(store::testing::Database::sqlite());
    let alice = world.device("alice", 1).await;
    let text = |text: &str| RawValue::from_string(text.to_owned()).unwrap();
    let devices = [("A", r#"{"n":1.50}"#), ("B", r#"{"n":1e999}"#), ("C", r#"{"n":1}"#)];
    let devices: BTreeMap<String, _> = devices.map(|(id, content)| (id.to_owned(), text(content))).into();
    world.send(&alice, "1", Messages::from([("@a:far".try_into().unwrap(), devices)])).await.unwrap();
    let edu = world.store.read(|conn| outbox::waiting(conn, "far", (0, i64::MAX), 9)).await.unwrap().remove(0).1;
    assert!(edu.contains(r#""messages":{"@a:far":{"A":{"n":1.5},"C":{"n":1}}}"#), "{edu}");
}

#[tokio::test]
async fn what_a_server_brings_is_delivered_once() {
    each(async |database| {
        let world = World::open(database);
        let (alice, bob) = (world.device("alice", 1).await, world.device("bob", 2).await);
        let note = |number| json!({ "number": number });
        let brought = messages(json!({
            alice.user.as_str(): { "*": note(1) },
            bob.user.as_str(): { bob.id.as_str(): note(2), "GONE": note(3) },
            "@nobody:test": { "*": note(4) },
            "@a:away": { "*": note(5) },
        }));
        for _ in 0..2 {
            world.receive("@a:far", "same", brought.clone()).await.unwrap();
        }
        world.receive("@a:away", "same", messages(json!({ bob.user.as_str(): { "*": note(6) } }))).await.unwrap();
        assert_eq!(world.numbers(&alice, 0).await, [1]);
        assert_eq!(world.numbers(&bob, 0).await, [2, 6]);
        assert!(world.outbox("away").await.is_empty(), "nothing is passed on");
    })
    .await;
}

#[tokio::test]
async fn what_a_server_brings_wrongly_is_not_delivered() {
    let world = World::open(store::testing::Database::sqlite());
    let bob = world.device("bob", 2).await;
    let to_bob = |content: Value| messages(json!({ bob.user.as_str(): { "*": content } }));
    for content in [json!(1), json!([]), json!({ "text": "x".repeat(CONTENT_BYTES) })] {
        world.receive("@a:far", "1", to_bob(content)).await.unwrap_err();
    }
    for id in [String::new(), "x".repeat(256), "\0".to_owned()] {
        world.receive("@a:far", &id, to_bob(json!({ "number": 1 }))).await.unwrap_err();
    }
    let many = (0..=DEVICES_PER_REQUEST).map(|number| (number.to_string(), content(1))).collect();
    world.receive("@a:far", "1", Messages::from([(bob.user.clone(), many)])).await.unwrap_err();
    assert_eq!(world.numbers(&bob, 0).await, [0usize; 0]);
    world.receive("@a:far", "1", to_bob(json!({ "number": 1 }))).await.unwrap();
    assert_eq!(world.numbers(&bob, 0).await, [1], "what was refused is no repetition");
}
