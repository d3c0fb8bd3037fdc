//! What other servers are told, and what they are not.

use std::collections::BTreeMap;

use ruma::user_id;
use serde_json::{Value, json};
use store::testing::each;

use super::{
    Asked,
    bounds::{ANSWER_BYTES_FOR_SERVER, DEVICES_BYTES},
    tests::cross_signing,
};
use crate::testing::World;

#[tokio::test]
async fn other_servers_are_told_devices_and_public_keys_but_not_the_user_signing_key() {
    each(async |database| {
        let world = World::open(database);
        let (alice, bare) = (world.device("alice", 1).await, world.device("bare", 2).await);
        world.upload(&alice, json!({ "device_keys": alice.keys() })).await.unwrap();
        let keys = cross_signing(alice.user.as_str(), [10, 11, 12]);
        world.upload_cross_signing(&alice.user, keys.clone(), false).await.unwrap();

        let users = [&*alice.user, &*bare.user, user_id!("@remote:elsewhere"), user_id!("@nobody:test")];
        let asked: Asked = users.into_iter().map(|user| (user.to_owned(), Vec::new())).collect();
        let answer = world.e2ee.query_keys_for_server(asked).await.unwrap();
        let answer: Value = serde_json::from_str(&answer).unwrap();
        let (id, user) = (alice.id.as_str(), alice.user.as_str());
        let mut told = answer["device_keys"][user][id].clone();
        told.as_object_mut().unwrap().remove("unsigned");
        assert_eq!(told, alice.keys());
        assert_eq!(answer["device_keys"][bare.user.as_str()], json!({}));
        assert!(answer["device_keys"].get("@remote:elsewhere").is_none());
        assert_eq!(answer["master_keys"], json!({ user: keys["master_key"] }));
        assert_eq!(answer["self_signing_keys"], json!({ user: keys["self_signing_key"] }));
        let fields: Vec<&String> = answer.as_object().unwrap().keys().collect();
        assert_eq!(fields, ["device_keys", "master_keys", "self_signing_keys"]);

        let list = serde_json::to_value(world.e2ee.device_list_for_server(&alice.user).await.unwrap()).unwrap();
        let newest = list["stream_id"].as_i64().unwrap();
        assert!(newest > 0 && newest <= world.store.position());
        assert_eq!((&list["devices"][0]["keys"], &list["devices"][0]["device_id"]), (&alice.keys(), &json!(id)));
        assert_eq!((&list["user_id"], &list["master_key"]), (&json!(user), &keys["master_key"]));
        let none = serde_json::to_value(world.e2ee.device_list_for_server(&bare.user).await.unwrap()).unwrap();
        assert_eq!(none, json!({ "user_id": bare.user, "stream_id": 0, "devices": [] }));
        for (user, code) in
            [(user_id!("@remote:elsewhere"), "M_INVALID_PARAM"), (user_id!("@nobody:test"), "M_NOT_FOUND")]
        {
            assert_eq!(world.e2ee.device_list_for_server(user).await.unwrap_err().code(), code);
        }
    })
    .await
}

/// One user with very many devices, each with as many keys as there may be: what is told of it to everybody has a bound.
#[tokio::test]
async fn a_user_with_very_many_large_devices() {
    each(async |database| {
        let world = World::open(database);
        let alice = world.device("alice", 1).await;
        world.upload(&alice, json!({ "device_keys": alice.keys() })).await.unwrap();
        let text = "x".repeat(DEVICES_BYTES);
        let user = alice.user.to_string();
        let fill =
            move |tx: &mut store::Tx<'_>| store::e2ee::device_keys::set(tx, &user, "OTHER", &json!(text).to_string());
        world.store.write(fill).await.unwrap();
        let mut keys = alice.bare_keys();
        keys["more"] = json!("");
        let body = json!({ "device_keys": alice.sign(keys) });
        assert_eq!(world.upload(&alice, body).await.unwrap_err().code(), "M_TOO_LARGE");
        world.upload(&alice, json!({ "device_keys": alice.keys() })).await.expect("what is here stays");
    })
    .await
}

#[tokio::test]
async fn those_of_whom_there_is_most_are_not_told_where_it_is_too_much() {
    each(async |database| {
        let world = World::open(database);
        let mut users = Vec::new();
        for number in 0..9 {
            let user = world.device(&format!("large{number}"), number).await.user;
            let keys = json!("x".repeat(DEVICES_BYTES)).to_string();
            let name = user.to_string();
            let fill = move |tx: &mut store::Tx<'_>| store::e2ee::device_keys::set(tx, &name, "DEVICE", &keys);
            world.store.write(fill).await.unwrap();
            users.push(user);
        }
        let alice = world.device("alice", 20).await;
        world.upload(&alice, json!({ "device_keys": alice.keys() })).await.unwrap();
        users.push(alice.user.clone());
        let asked: Asked = users.into_iter().map(|user| (user, Vec::new())).collect();
        let answer = world.e2ee.query_keys_for_server(asked).await.unwrap();
        assert!(answer.len() < ANSWER_BYTES_FOR_SERVER + 10_000, "{}", answer.len());
        let told = answer.matches(r#":{"DEVICE":"#).count();
        assert_eq!(told, ANSWER_BYTES_FOR_SERVER / DEVICES_BYTES - 1);
        assert!(answer.contains(alice.user.as_str()));
    })
    .await
}

/// Who asks for keys that nobody has costs readers a look, and the writer nothing.
#[tokio::test]
async fn claims_that_find_nothing_write_nothing() {
    each(async |database| {
        let world = World::open(database);
        let alice = world.device("alice", 1).await;
        let body = json!({ "device_keys": alice.keys(), "one_time_keys": alice.one_time_keys(&["A"]) });
        world.upload(&alice, body).await.unwrap();
        let before = world.store.position();
        let of_devices = |algorithm: &str| {
            let devices = (0..1_200).map(|n| (format!("D{n}"), algorithm.to_owned()));
            BTreeMap::from([(alice.user.clone(), devices.collect::<BTreeMap<_, _>>())])
        };
        assert!(world.e2ee.claim_keys(of_devices("signed_curve25519")).await.unwrap().is_empty());
        assert!(world.claim(&alice, "unheard_of").await.is_none());
        assert_eq!(world.store.position(), before);
        let mut wanted = of_devices("signed_curve25519");
        wanted.get_mut(&alice.user).unwrap().insert(alice.id.to_string(), "signed_curve25519".to_owned());
        let claimed = world.e2ee.claim_keys(wanted).await.unwrap();
        assert_eq!(claimed[&alice.user].keys().collect::<Vec<_>>(), [alice.id.as_str()]);
    })
    .await
}

/// Whoever may ask us for keys could otherwise take all of them, and leave none for others.
#[tokio::test]
async fn who_asks_too_often_gets_the_fallback_key() {
    each(async |database| {
        let world = World::open(database);
        let (alice, old) = (world.device("alice", 1).await, world.device("old", 2).await);
        let fallback = alice.sign(json!({ "key": crate::testing::curve("f"), "fallback": true }));
        let body = json!({
            "device_keys": alice.keys(),
            "one_time_keys": alice.one_time_keys(&["A", "B"]),
            "fallback_keys": { "signed_curve25519:F": fallback },
        });
        world.upload(&alice, body).await.unwrap();
        let body = json!({ "device_keys": old.keys(), "one_time_keys": old.one_time_keys(&["A"]) });
        world.upload(&old, body).await.unwrap();
        let claim = async |spares: bool| {
            let of = |device: &crate::testing::Device| {
                let wanted = BTreeMap::from([(device.id.to_string(), "signed_curve25519".to_owned())]);
                (device.user.clone(), wanted)
            };
            let wanted = BTreeMap::from([of(&alice), of(&old)]);
            let claimed = world.e2ee.claim_keys_sparing(wanted, |_, _| spares).await.unwrap();
            let names = |user: &ruma::UserId| claimed.get(user).into_iter().flatten().flat_map(|(_, keys)| keys.keys());
            let names: Vec<String> = names(&alice.user).chain(names(&old.user)).cloned().collect();
            names
        };
        // Who has no fallback key gives what there is.
        assert_eq!(claim(true).await, ["signed_curve25519:F", "signed_curve25519:A"]);
        assert_eq!(claim(true).await, ["signed_curve25519:F"]);
        assert_eq!(claim(false).await, ["signed_curve25519:A"]);
        assert_eq!(claim(false).await, ["signed_curve25519:B"]);
        assert_eq!(claim(false).await, ["signed_curve25519:F"]);
    })
    .await
}
