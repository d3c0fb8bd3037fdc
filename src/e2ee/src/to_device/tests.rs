//! Messages between devices, on both databases.

use std::collections::BTreeMap;

use serde_json::value::RawValue;
use store::testing::each;

use super::{Delivery, Messages, Sender, bounds::*};
use crate::{
    Result,
    testing::{Device, World},
};

pub(super) fn content(number: usize) -> Box<RawValue> {
    RawValue::from_string(format!(r#"{{"number":{number}}}"#)).unwrap()
}

fn to(device: &Device, number: usize) -> Messages {
    Messages::from([(device.user.clone(), BTreeMap::from([(device.id.to_string(), content(number))]))])
}

impl World {
    pub(super) async fn send(&self, from: &Device, txn_id: &str, messages: Messages) -> Result<()> {
        let sender = Sender { user_id: &from.user, device_id: &from.id, txn_id };
        self.e2ee.send_to_devices(sender, "m.test", messages).await
    }

    async fn waiting(&self, device: &Device, after: i64) -> Delivery {
        let (e2ee, device) = (self.e2ee.clone(), device.clone());
        let read =
            self.store.snapshot(move |conn, end| e2ee.waiting_messages(conn, (&device.user, &device.id), after, end));
        read.await.unwrap()
    }

    pub(super) async fn numbers(&self, device: &Device, after: i64) -> Vec<usize> {
        numbers(&self.waiting(device, after).await)
    }
}

fn numbers(delivery: &Delivery) -> Vec<usize> {
    let number = |text: &str| text.trim_start_matches(r#"{"number":"#).trim_end_matches('}').parse().unwrap();
    delivery.messages.iter().map(|message| number(&message.content)).collect()
}

#[tokio::test]
async fn messages_stay_until_they_are_acknowledged() {
    each(async |database| {
        let world = World::open(database);
        let (alice, bob) = (world.device("alice", 1).await, world.device("bob", 2).await);
        for number in 0..250 {
            world.send(&alice, &number.to_string(), to(&bob, number)).await.unwrap();
        }
        let mut after = 0;
        for expected in [0..100, 100..200, 200..250] {
            for _ in 0..2 {
                assert_eq!(world.numbers(&bob, after).await, expected.clone().collect::<Vec<_>>());
            }
            after = world.waiting(&bob, after).await.upto;
            world.e2ee.acknowledge_messages(&bob.user, &bob.id, after).await.unwrap();
            assert_eq!(world.numbers(&bob, 0).await.first().copied(), (expected.end < 250).then_some(expected.end));
        }
        assert_eq!(after, world.store.position());
    })
    .await;
}

#[tokio::test]
async fn what_was_there_at_the_start_is_acknowledged_too() {
    each(async |database| {
        let world = World::open(database);
        let (alice, bob) = (world.device("alice", 1).await, world.device("bob", 2).await);
        world.send(&alice, "1", to(&bob, 1)).await.unwrap();
        let upto = world.store.position();
        world.send(&alice, "2", to(&bob, 2)).await.unwrap();
        // Another run of the server has given them to the device.
        world.e2ee.acknowledge_messages(&bob.user, &bob.id, upto).await.unwrap();
        assert_eq!(world.numbers(&bob, 0).await, [2]);
    })
    .await;
}

#[tokio::test]
async fn an_acknowledgement_of_nothing_writes_nothing() {
    each(async |database| {
        let world = World::open(database);
        let (alice, bob) = (world.device("alice", 1).await, world.device("bob", 2).await);
        world.send(&alice, "1", to(&bob, 1)).await.unwrap();
        let upto = world.waiting(&bob, 0).await.upto;
        let (_, before, ..) = world.store.writer_counts();
        for _ in 0..5 {
            world.e2ee.acknowledge_messages(&bob.user, &bob.id, upto).await.unwrap();
        }
        let (_, after, ..) = world.store.writer_counts();
        assert_eq!(after - before, 1);
    })
    .await;
}

#[tokio::test]
async fn a_repeated_request_sends_nothing() {
    each(async |database| {
        let world = World::open(database);
        let (alice, bob) = (world.device("alice", 1).await, world.device("bob", 2).await);
        for number in [1, 2] {
            world.send(&alice, "same", to(&bob, number)).await.unwrap();
        }
        world.send(&bob, "same", to(&bob, 3)).await.unwrap();
        let sender = Sender { user_id: &alice.user, device_id: &alice.id, txn_id: "same" };
        world.e2ee.send_to_devices(sender, "m.other", to(&bob, 4)).await.unwrap();
        assert_eq!(world.numbers(&bob, 0).await, [1, 3, 4]);
        // Those of long ago are forgotten.
        for number in 0..REMEMBERED_REQUESTS {
            world.send(&alice, &format!("t{number}"), Messages::new()).await.unwrap();
        }
        world.send(&alice, "t0", to(&bob, 5)).await.unwrap();
        world.send(&alice, "same", to(&bob, 6)).await.unwrap();
        assert_eq!(world.numbers(&bob, 0).await, [1, 3, 4, 6]);
    })
    .await;
}

#[tokio::test]
async fn only_devices_that_are_there_get_messages() {
    each(async |database| {
        let world = World::open(database);
        let (alice, bob) = (world.device("alice", 1).await, world.device("bob", 2).await);
        let all = |number| BTreeMap::from([("*".to_owned(), content(number))]);
        let mut messages = Messages::from([(alice.user.clone(), all(1)), (bob.user.clone(), all(2))]);
        // A device gets one message of a request.
        messages.get_mut(&bob.user).unwrap().insert(bob.id.to_string(), content(3));
        messages.insert("@nobody:test".try_into().unwrap(), all(4));
        messages.insert("@far:elsewhere".try_into().unwrap(), all(5));
        messages.get_mut(&alice.user).unwrap().insert("nul\0".to_owned(), content(6));
        world.send(&alice, "1", messages).await.unwrap();
        assert_eq!(world.numbers(&alice, 0).await, [1]);
        assert_eq!(world.numbers(&bob, 0).await, [2]);

        world.accounts.delete_devices(&bob.user, std::slice::from_ref(&bob.id)).await.unwrap();
        world.send(&alice, "2", to(&bob, 7)).await.unwrap();
        assert_eq!(world.numbers(&bob, 0).await, [0usize; 0], "they go with the device");
        let gone = world.send(&bob, "3", to(&alice, 8)).await.unwrap_err();
        assert_eq!((gone.status(), gone.code()), (401, "M_UNKNOWN_TOKEN"));
    })
    .await;
}

#[tokio::test]
async fn bad_and_large_requests_send_nothing() {
    let world = World::open(store::testing::Database::sqlite());
    let (alice, bob) = (world.device("alice", 1).await, world.device("bob", 2).await);
    let raw = |text: String| RawValue::from_string(text).unwrap();
    let with = |content: Box<RawValue>| {
        let mut messages = to(&bob, 1);
        messages.insert(alice.user.clone(), BTreeMap::from([("*".to_owned(), content)]));
        messages
    };
    for text in ["[]", "1", "\"text\"", "null"] {
        assert_eq!(world.send(&alice, "1", with(raw(text.into()))).await.unwrap_err().code(), "M_BAD_JSON", "{text}");
    }
    let large = raw(format!(r#"{{"text":"{}"}}"#, "x".repeat(CONTENT_BYTES)));
    assert_eq!(world.send(&alice, "1", with(large)).await.unwrap_err().status(), 413);
    let devices = (0..=DEVICES_PER_REQUEST).map(|number| (number.to_string(), content(number))).collect();
    let many = Messages::from([(bob.user.clone(), devices)]);
    assert_eq!(world.send(&alice, "1", many).await.unwrap_err().status(), 413);
    assert_eq!(world.send(&alice, "", to(&bob, 1)).await.unwrap_err().code(), "M_INVALID_PARAM");
    assert_eq!(world.numbers(&bob, 0).await, [0usize; 0]);
    assert!(world.send(&alice, "1", to(&bob, 1)).await.is_ok(), "what was refused is no repetition");
}

#[tokio::test]
async fn a_flood_costs_the_one_who_makes_it() {
    each(async |database| {
        let world = World::open(database);
        let (alice, bob) = (world.device("alice", 1).await, world.device("bob", 2).await);
        let carol = world.device("carol", 3).await;
        world.send(&carol, "first", to(&bob, 7)).await.unwrap();
        let rows = |from: i64, count: i64| {
            let row = |number: i64| store::e2ee::ToDeviceRow {
                user_id: bob.user.to_string(),
                device_id: bob.id.to_string(),
                position: 1_000_000 + number,
                number,
                sender: alice.user.to_string(),
                event_type: "m.test".into(),
                content: format!(r#"{{"number":{number}}}"#),
            };
            (from..from + count).map(row).collect::<Vec<_>>()
        };
        let flood = rows(2, WAITING_MESSAGES + CHECK_EVERY - WAITING_MESSAGES % CHECK_EVERY - 2);
        let last = flood.last().unwrap().number;
        assert_eq!((last + 1) % CHECK_EVERY, 0);
        world.store.write(move |tx| store::e2ee::to_device::insert(tx, &flood)).await.unwrap();
        let (user, device) = (bob.user.to_string(), bob.id.to_string());
        // Their positions are in the future, so the number of the next one follows theirs.
        world.send(&carol, "last", to(&bob, 8)).await.unwrap();
        let shares = world.store.read(move |conn| store::e2ee::to_device::shares(conn, &user, &device)).await.unwrap();
        let of = |device: &Device| shares.iter().find(|share| share.sender == device.user.as_str()).unwrap().messages;
        assert_eq!(of(&carol), 2);
        assert!(of(&alice) <= WAITING_MESSAGES - 2 && of(&alice) > WAITING_MESSAGES - 2 - DROPPED_AT_ONCE);
        assert_eq!(world.numbers(&bob, 0).await.first(), Some(&7));
    })
    .await;
}
