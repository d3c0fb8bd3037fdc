//! Dehydrated devices, on both databases.

use std::collections::BTreeMap;

use serde_json::{json, value::RawValue};
use store::testing::each;

use super::DehydratedUpload;
use crate::{
    Error, Result,
    testing::{Device, World, key},
    to_device::Sender,
};

fn sleeping(user: &Device, id: &str) -> Device {
    Device { id: id.into(), key: key(9), user: user.user.clone() }
}

impl World {
    async fn put(&self, device: &Device, mark: &str) -> Result<()> {
        let body = json!({
            "device_id": device.id,
            "device_data": { "mark": mark },
            "device_keys": device.keys(),
            "one_time_keys": device.one_time_keys(&["A"]),
        });
        let upload: DehydratedUpload = serde_json::from_str(&body.to_string()).unwrap();
        self.e2ee.put_dehydrated_device(&device.user, upload, 5).await
    }

    async fn send_number(&self, from: &Device, to: &Device, number: usize) {
        let content = RawValue::from_string(format!(r#"{{"number":{number}}}"#)).unwrap();
        let messages = BTreeMap::from([(to.user.clone(), BTreeMap::from([(to.id.to_string(), content)]))]);
        let txn_id = format!("t{number}");
        let sender = Sender { user_id: &from.user, device_id: &from.id, txn_id: &txn_id };
        self.e2ee.send_to_devices(sender, "m.test", messages).await.unwrap();
    }
}

#[tokio::test]
async fn one_replaces_the_other() {
    each(async |database| {
        let world = World::open(database);
        let alice = world.device("alice", 1).await;
        let (first, second) = (sleeping(&alice, "FIRST"), sleeping(&alice, "SECOND"));
        world.put(&first, "1").await.unwrap();
        world.put(&first, "2").await.unwrap();
        assert_eq!(world.e2ee.dehydrated_device(&alice.user).await.unwrap().device_data, r#"{"mark":"2"}"#);
        world.put(&second, "3").await.unwrap();
        assert_eq!(world.e2ee.dehydrated_device(&alice.user).await.unwrap().device_id, "SECOND");
        assert!(world.claim(&first, "signed_curve25519").await.is_none());
        assert!(world.claim(&second, "signed_curve25519").await.is_some());
        let ids: Vec<_> = world.accounts.devices(&alice.user).await.unwrap();
        assert_eq!(ids.len(), 2);
        let taken = Device { id: alice.id.clone(), ..second.clone() };
        assert!(matches!(world.put(&taken, "4").await, Err(Error::InvalidParam(_))));
        assert_eq!(world.e2ee.dehydrated_device(&alice.user).await.unwrap().device_id, "SECOND");
        assert_eq!(world.e2ee.delete_dehydrated_device(&alice.user).await.unwrap(), "SECOND");
        assert!(matches!(world.e2ee.dehydrated_device(&alice.user).await, Err(Error::NotFound(_))));
        assert_eq!(world.accounts.devices(&alice.user).await.unwrap().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn its_messages_stay_until_it_is_deleted() {
    each(async |database| {
        let world = World::open(database);
        let (alice, bob) = (world.device("alice", 1).await, world.device("bob", 2).await);
        let asleep = sleeping(&alice, "ASLEEP");
        world.put(&asleep, "1").await.unwrap();
        for number in 0..5 {
            world.send_number(&bob, &asleep, number).await;
        }
        for _ in 0..2 {
            let (mut from, mut got) = (None, 0);
            loop {
                let page =
                    world.e2ee.dehydrated_events(&alice.user, &asleep.id, from.as_deref(), Some(2)).await.unwrap();
                if page.events.is_empty() {
                    break;
                }
                got += page.events.len();
                from = Some(page.next_batch);
            }
            assert_eq!(got, 5);
        }
        let other = world.e2ee.dehydrated_events(&bob.user, &asleep.id, None, None).await;
        assert!(matches!(other, Err(Error::Forbidden(_))));
        let bad = world.e2ee.dehydrated_events(&alice.user, &asleep.id, Some("s5"), None).await;
        assert!(matches!(bad, Err(Error::InvalidParam(_))));
        world.put(&asleep, "again").await.unwrap();
        let events = world.e2ee.dehydrated_events(&alice.user, &asleep.id, None, None).await.unwrap().events;
        assert!(events.is_empty(), "it is another device");
    })
    .await;
}

#[tokio::test]
async fn keys_that_are_refused_change_nothing() {
    let world = World::open(store::testing::Database::sqlite());
    let alice = world.device("alice", 1).await;
    let asleep = sleeping(&alice, "ASLEEP");
    world.put(&asleep, "good").await.unwrap();
    let bad = |name: &str, value: serde_json::Value| {
        let mut body =
            json!({ "device_id": "OTHER", "device_data": {}, "device_keys": sleeping(&alice, "OTHER").keys() });
        body[name] = value;
        serde_json::from_str::<DehydratedUpload>(&body.to_string()).unwrap()
    };
    for upload in [
        bad("device_id", json!("")),
        bad("device_id", json!("x".repeat(300))),
        bad("device_data", json!([])),
        bad("device_data", json!({ "x": "x".repeat(300_000) })),
        bad("device_keys", asleep.keys()),
        bad("device_keys", sleeping(&alice, "OTHER").bare_keys()),
        bad("one_time_keys", json!({ "signed_curve25519:A": { "key": "x" } })),
        bad("initial_device_display_name", json!("x".repeat(300))),
    ] {
        let error = world.e2ee.put_dehydrated_device(&alice.user, upload, 5).await.unwrap_err();
        assert!(error.status() < 500, "{error}");
    }
    assert_eq!(world.e2ee.dehydrated_device(&alice.user).await.unwrap().device_data, r#"{"mark":"good"}"#);
}
