//! Keys on both databases. What requests and answers look like is tested from outside, by the conformance suite.

use serde_json::{Value, json};
use store::testing::each;

use crate::{
    Error,
    testing::{Device, World, curve, key, public, sign},
};

const SIGNED: &str = "signed_curve25519";

/// The code of what went wrong.
fn code<T>(outcome: Result<T, Error>) -> Option<&'static str> {
    outcome.err().map(|error| error.code())
}

impl World {
    /// How many keys of a device are remembered as given out.
    async fn remembered(&self, device: &Device) -> usize {
        let (user, device) = (device.user.to_string(), device.id.to_string());
        let rows = self.store.read(move |conn| store::e2ee::one_time_keys::claimed(conn, &user, &device));
        rows.await.unwrap().len()
    }
}

#[tokio::test]
async fn keys_are_given_once_in_order_and_then_the_fallback_key() {
    each(async |database| {
        let world = World::open(database);
        let alice = world.device("alice", 1).await;
        assert_eq!(world.counts(&alice).await, (json!({ SIGNED: 0 }), json!([])));
        let fallback = alice.sign(json!({ "key": curve("f"), "fallback": true }));
        let body = json!({
            "device_keys": alice.keys(),
            "one_time_keys": alice.one_time_keys(&["B"]),
            "fallback_keys": { format!("{SIGNED}:F"): fallback },
        });
        assert_eq!(world.upload(&alice, body.clone()).await.unwrap()[SIGNED], 1);
        assert_eq!(world.counts(&alice).await, (json!({ SIGNED: 1 }), json!([SIGNED])));
        let counts = world.upload(&alice, json!({ "one_time_keys": alice.one_time_keys(&["A", "B"]) })).await.unwrap();
        assert_eq!(counts[SIGNED], 2);
        for id in ["B", "A"] {
            let expected = (format!("{SIGNED}:{id}"), alice.one_time_key(id));
            assert_eq!(world.claim(&alice, SIGNED).await, Some(expected));
        }
        assert_eq!(world.counts(&alice).await, (json!({ SIGNED: 0 }), json!([SIGNED])));
        let before = world.store.position();
        for _ in 0..2 {
            assert_eq!(world.claim(&alice, SIGNED).await, Some((format!("{SIGNED}:F"), fallback.clone())));
        }
        assert_eq!(world.store.position(), before + 1, "only its first use is news");
        assert!(world.e2ee.keys_given_since(&alice.user, before));
        assert_eq!(world.counts(&alice).await, (json!({ SIGNED: 0 }), json!([])));
        // The same again does not make it unused.
        world.upload(&alice, json!({ "fallback_keys": body["fallback_keys"] })).await.unwrap();
        assert_eq!(world.counts(&alice).await.1, json!([]));
        assert_eq!(world.claim(&alice, "org.example.none").await, None);
    })
    .await
}

#[tokio::test]
async fn a_key_that_is_uploaded_again_is_not_given_out_again() {
    each(async |database| {
        let world = World::open(database);
        let alice = world.device("alice", 1).await;
        let first = json!({ "device_keys": alice.keys(), "one_time_keys": alice.one_time_keys(&["A", "B", "C"]) });
        world.upload(&alice, first.clone()).await.unwrap();
        let mut given = Vec::new();
        given.push(world.claim(&alice, SIGNED).await.unwrap().0);
        // The device has not heard the answer and says it again, alone or with more.
        for (again, left) in [(first.clone(), 2), (first, 2)] {
            assert_eq!(world.upload(&alice, again).await.unwrap()[SIGNED], left);
        }
        given.push(world.claim(&alice, SIGNED).await.unwrap().0);
        let more = json!({ "one_time_keys": alice.one_time_keys(&["A", "B", "C", "D"]) });
        for _ in 0..2 {
            assert_eq!(world.upload(&alice, more.clone()).await.unwrap()[SIGNED], 2);
        }
        for _ in 0..2 {
            given.push(world.claim(&alice, SIGNED).await.unwrap().0);
        }
        assert_eq!(given, ["A", "B", "C", "D"].map(|id| format!("{SIGNED}:{id}")));
        assert_eq!(world.claim(&alice, SIGNED).await, None);
        assert_eq!(world.remembered(&alice).await, 4);

        // With its next keys alone the device shows that it has heard of all.
        let next = alice.one_time_keys(&["E"]);
        assert_eq!(world.upload(&alice, json!({ "one_time_keys": next })).await.unwrap()[SIGNED], 1);
        assert_eq!(world.remembered(&alice).await, 0);
        world.claim(&alice, SIGNED).await.unwrap();
        assert_eq!(world.remembered(&alice).await, 1);
        world.accounts.delete_devices(&alice.user, std::slice::from_ref(&alice.id)).await.unwrap();
        assert_eq!(world.remembered(&alice).await, 0, "it goes with the device");
    })
    .await;
}

#[tokio::test]
async fn of_a_refused_upload_nothing_is_kept() {
    each(async |database| {
        let world = World::open(database);
        let alice = world.device("alice", 1).await;
        let keys = json!({ "one_time_keys": alice.one_time_keys(&["A"]) });
        world.upload(&alice, json!({ "device_keys": alice.keys() })).await.unwrap();
        world.upload(&alice, keys).await.unwrap();
        let before = world.store.position();
        let mut other = alice.one_time_keys(&["NEW"]);
        other[format!("{SIGNED}:A")] = alice.one_time_key("other");
        let exists = world.upload(&alice, json!({ "one_time_keys": other })).await;
        assert!(exists.as_ref().is_err_and(|error| error.to_string().starts_with("One time key ")), "{exists:?}");
        assert_eq!(code(exists), Some("M_UNKNOWN"));
        let many: serde_json::Map<_, _> = (0..1_000).map(|n| (format!("org.example:{n}"), json!("x"))).collect();
        assert_eq!(code(world.upload(&alice, json!({ "one_time_keys": many })).await), Some("M_TOO_LARGE"));
        let fallback: serde_json::Map<_, _> = (0..21).map(|n| (format!("org.example.{n}:F"), json!("x"))).collect();
        assert_eq!(code(world.upload(&alice, json!({ "fallback_keys": fallback })).await), Some("M_TOO_LARGE"));
        let stranger = Device { key: key(2), ..alice.clone() };
        let foreign = json!({ "one_time_keys": stranger.one_time_keys(&["X"]) });
        assert_eq!(code(world.upload(&alice, foreign).await), Some("M_INVALID_SIGNATURE"));
        // The same of the keys of the device itself, with and without others.
        let forged = sign(alice.bare_keys(), alice.user.as_str(), alice.id.as_str(), &key(2));
        for body in [
            json!({ "device_keys": forged }),
            json!({ "device_keys": forged, "one_time_keys": alice.one_time_keys(&["X", "Y"]) }),
            json!({ "device_keys": alice.bare_keys(), "one_time_keys": alice.one_time_keys(&["X"]) }),
            json!({ "device_keys": alice.keys(), "one_time_keys": stranger.one_time_keys(&["X"]) }),
        ] {
            assert_eq!(code(world.upload(&alice, body).await), Some("M_INVALID_SIGNATURE"));
        }
        let huge = alice.sign(json!({ "key": curve("x"), "more": "x".repeat(5_000) }));
        assert_eq!(code(world.upload(&alice, json!({ "one_time_keys": { "x:y": huge } })).await), Some("M_TOO_LARGE"));
        for name in ["", "x", "x:", ":y", "x:\0"] {
            assert_eq!(
                code(world.upload(&alice, json!({ "one_time_keys": { name: "x" } })).await),
                Some("M_INVALID_PARAM")
            );
        }
        assert_eq!(world.store.position(), before);
        assert_eq!(world.counts(&alice).await.0, json!({ SIGNED: 1 }));
    })
    .await
}

#[tokio::test]
async fn a_device_of_other_keys_begins_afresh() {
    each(async |database| {
        let world = World::open(database);
        let alice = world.device("alice", 1).await;
        let upload = |device: &Device, seed: &str| {
            let key = json!({ format!("{SIGNED}:A"): device.one_time_key(seed) });
            json!({ "device_keys": device.keys(), "one_time_keys": key })
        };
        world.upload(&alice, upload(&alice, "one")).await.unwrap();
        let reset = Device { key: key(2), ..alice.clone() };
        let counts = world.upload(&reset, upload(&reset, "two")).await.unwrap();
        assert_eq!(counts[SIGNED], 1, "the old key went with the old identity");
        assert_eq!(world.claim(&alice, SIGNED).await.unwrap().1, reset.one_time_key("two"));
        let old = json!({ "one_time_keys": alice.one_time_keys(&["B"]) });
        assert_eq!(code(world.upload(&alice, old).await), Some("M_INVALID_SIGNATURE"));
    })
    .await
}

#[tokio::test]
async fn keys_that_come_before_those_of_the_device_are_checked_later() {
    each(async |database| {
        let world = World::open(database);
        let alice = world.device("alice", 1).await;
        let stranger = Device { key: key(2), ..alice.clone() };
        for (signer, left) in [(&stranger, 0), (&alice, 1)] {
            let keys = json!({ "one_time_keys": signer.one_time_keys(&["A"]), "fallback_keys": { "x:y": "z" } });
            assert_eq!(world.upload(&alice, keys).await.unwrap()[SIGNED], 1);
            assert_eq!(world.upload(&alice, json!({ "device_keys": alice.keys() })).await.unwrap()[SIGNED], left);
            let unused = if left == 0 { json!([]) } else { json!(["x"]) };
            assert_eq!(world.counts(&alice).await, (json!({ SIGNED: left }), unused));
            world.accounts.delete_devices(&alice.user, std::slice::from_ref(&alice.id)).await.unwrap();
            world.login("alice").await;
        }
    })
    .await
}

#[tokio::test]
async fn what_is_queried_is_never_outdated() {
    each(async |database| {
        let world = World::open(database);
        let (alice, bob) = (world.device("alice", 1).await, world.device("bob", 2).await);
        let devices = async || world.query(&bob.user, &alice.user).await["device_keys"][alice.user.as_str()].clone();
        assert_eq!(devices().await, json!({}));
        world.upload(&alice, json!({ "device_keys": alice.keys() })).await.unwrap();
        let told = devices().await[alice.id.as_str()].clone();
        assert_eq!((&told["keys"], &told["unsigned"]), (&alice.keys()["keys"], &json!({})));
        world.accounts.rename_device(&alice.user, &alice.id, Some("Phone \"1\"")).await.unwrap();
        assert_eq!(devices().await[alice.id.as_str()]["unsigned"], json!({ "device_display_name": "Phone \"1\"" }));
        world.accounts.delete_devices(&alice.user, std::slice::from_ref(&alice.id)).await.unwrap();
        assert_eq!(devices().await, json!({}));
        assert_eq!(code(world.upload(&alice, json!({ "device_keys": alice.keys() })).await), Some("M_UNKNOWN_TOKEN"));
    })
    .await
}

/// Cross-signing keys of a user made of these numbers.
pub(super) fn cross_signing(user: &str, [master, own, others]: [u8; 3]) -> Value {
    let one = |usage: &str, seed: u8| {
        let public = public(&key(seed));
        json!({ "user_id": user, "usage": [usage], "keys": { format!("ed25519:{public}"): public } })
    };
    let signed = |usage: &str, seed: u8| sign(one(usage, seed), user, &public(&key(master)), &key(master));
    json!({
        "master_key": one("master", master),
        "self_signing_key": signed("self_signing", own),
        "user_signing_key": signed("user_signing", others),
    })
}

#[tokio::test]
async fn cross_signing_keys_are_replaced_only_with_authentication() {
    each(async |database| {
        let world = World::open(database);
        let alice = world.device("alice", 1).await;
        let user = alice.user.as_str();
        let first = cross_signing(user, [10, 11, 12]);
        let needs = async |body: &Value| {
            let upload = serde_json::from_value(body.clone()).unwrap();
            world.e2ee.cross_signing_needs_auth(&alice.user, &upload).await
        };
        assert_eq!(
            code(needs(&json!({ "self_signing_key": first["self_signing_key"] })).await),
            Some("M_MISSING_PARAM")
        );
        assert!(!needs(&first).await.unwrap());
        world.upload_cross_signing(&alice.user, first.clone(), false).await.unwrap();
        let before = world.store.position();
        assert!(!needs(&first).await.unwrap() && !needs(&json!({ "master_key": first["master_key"] })).await.unwrap());
        world.upload_cross_signing(&alice.user, first.clone(), false).await.unwrap();
        assert_eq!(world.store.position(), before);

        let second = cross_signing(user, [20, 21, 22]);
        assert!(needs(&second).await.unwrap());
        assert_eq!(code(world.upload_cross_signing(&alice.user, second.clone(), false).await), Some("M_FORBIDDEN"));
        let mixed = json!({ "master_key": second["master_key"], "self_signing_key": first["self_signing_key"] });
        assert_eq!(code(needs(&mixed).await), Some("M_INVALID_SIGNATURE"));
        // What the old master key has signed goes with it.
        let master = json!({ "master_key": second["master_key"] });
        world.upload_cross_signing(&alice.user, master, true).await.unwrap();
        let told = world.query(&alice.user, &alice.user).await;
        assert_eq!(told["master_keys"], json!({ user: second["master_key"] }));
        assert_eq!((&told["self_signing_keys"], &told["user_signing_keys"]), (&json!({}), &json!({})));
    })
    .await
}

#[tokio::test]
async fn the_writer_checks_no_signatures() {
    each(async |database| {
        let world = World::open(database);
        let alice = world.device("alice", 1).await;
        let mut wrong = cross_signing(alice.user.as_str(), [10, 11, 12]);
        wrong["self_signing_key"] = cross_signing(alice.user.as_str(), [20, 21, 22])["self_signing_key"].clone();
        let jobs = world.store.writer_counts().1;
        assert_eq!(code(world.upload_cross_signing(&alice.user, wrong, false).await), Some("M_INVALID_SIGNATURE"));
        assert_eq!(world.store.writer_counts().1, jobs, "what is wrong never comes as far as the writer");
    })
    .await
}

#[tokio::test]
async fn of_many_first_uploads_one_is_the_first() {
    each(async |database| {
        let world = World::open(database);
        let alice = world.device("alice", 1).await;
        let uploads: Vec<Value> =
            (0..3_u8).map(|n| cross_signing(alice.user.as_str(), [10 + 3 * n, 11 + 3 * n, 12 + 3 * n])).collect();
        let upload = |n: usize| world.upload_cross_signing(&alice.user, uploads[n].clone(), false);
        let (one, two, three) = tokio::join!(upload(0), upload(1), upload(2));
        let outcomes = [one, two, three];
        let won: Vec<usize> = (0..3).filter(|n| outcomes[*n].is_ok()).collect();
        assert_eq!(won.len(), 1, "{outcomes:?}");
        assert!(outcomes.into_iter().filter_map(Result::err).all(|error| error.code() == "M_FORBIDDEN"));
        let told = world.query(&alice.user, &alice.user).await;
        let user = alice.user.as_str();
        for (kind, key) in [
            ("master_keys", "master_key"),
            ("self_signing_keys", "self_signing_key"),
            ("user_signing_keys", "user_signing_key"),
        ] {
            assert_eq!(told[kind][user], uploads[won[0]][key]);
        }
    })
    .await
}

#[tokio::test]
async fn signatures_are_seen_by_those_who_may() {
    each(async |database| {
        let world = World::open(database);
        let (alice, bob) = (world.device("alice", 1).await, world.device("bob", 2).await);
        for (device, seeds) in [(&alice, [10, 11, 12]), (&bob, [20, 21, 22])] {
            world.upload(device, json!({ "device_keys": device.keys() })).await.unwrap();
            let keys = cross_signing(device.user.as_str(), seeds);
            world.upload_cross_signing(&device.user, keys, false).await.unwrap();
        }
        let master = cross_signing(bob.user.as_str(), [20, 21, 22])["master_key"].clone();
        let user = alice.user.as_str();
        let device = sign(alice.bare_keys(), user, &public(&key(11)), &key(11));
        let foreign = sign(master.clone(), user, &public(&key(12)), &key(12));
        let forged = sign(alice.bare_keys(), user, &public(&key(11)), &key(99));
        let upload = async |objects: Value| {
            let objects = serde_json::from_str(&objects.to_string()).unwrap();
            serde_json::to_value(world.e2ee.upload_signatures(&alice.user, objects).await.unwrap()).unwrap()
        };
        let failures = upload(json!({ user: { alice.id.as_str(): forged } })).await;
        assert_eq!(failures[user][alice.id.as_str()]["errcode"], "M_INVALID_SIGNATURE");
        let before = world.store.position();
        let both = json!({ user: { alice.id.as_str(): device }, bob.user.as_str(): { public(&key(20)): foreign } });
        assert_eq!(upload(both.clone()).await, json!({}));
        let after = world.store.position();
        assert!(after > before);
        assert_eq!(upload(both).await, json!({}));
        assert_eq!(world.store.position(), after, "what is there already is no news");

        let all = sign(alice.keys(), user, &public(&key(11)), &key(11));
        for viewer in [&alice.user, &bob.user] {
            let told = world.query(viewer, &alice.user).await;
            assert_eq!(told["device_keys"][user][alice.id.as_str()]["signatures"], all["signatures"]);
        }
        let seen = async |viewer| world.query(viewer, &bob.user).await["master_keys"][bob.user.as_str()].clone();
        assert_eq!((seen(&alice.user).await, seen(&bob.user).await), (foreign, master));
        // The signer's devices fetch the key anew; nobody else need.
        let lists = async |user| {
            let (e2ee, user): (_, ruma::OwnedUserId) = (world.e2ee.clone(), user);
            let read = move |conn: &mut store::Conn, upto| Ok(e2ee.device_lists(conn, &user, before, upto).unwrap());
            world.store.snapshot(read).await.unwrap().changed
        };
        assert!(lists(alice.user.clone()).await.contains(bob.user.as_str()));
        assert!(lists(bob.user.clone()).await.is_empty());
        // A new master key has not been signed by anybody.
        let replaced = cross_signing(bob.user.as_str(), [30, 31, 32]);
        world.upload_cross_signing(&bob.user, replaced.clone(), true).await.unwrap();
        assert_eq!(seen(&alice.user).await, replaced["master_key"]);
    })
    .await
}
