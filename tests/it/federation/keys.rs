//! Keys and devices of users of another server.

use std::time::{Duration, Instant};

use peerbrain_peer::signing::{SigningKey, curve_key};
use serde_json::{Value, json};

use super::{
    story::{join_via, until_membership, until_synced},
    world::World,
};
use crate::{
    client::encode,
    database::{Database, on_both_databases},
    user::{PASSWORD, User},
};

on_both_databases!(
    keys_are_queried_and_claimed,
    a_new_device_reaches_the_other_server,
    what_was_missed_is_told_after_an_outage,
    a_list_that_could_not_be_had_comes_later,
);

/// How long news may take from one server to another.
const PATIENCE: Duration = Duration::from_secs(60);

/// The keys of a device as it uploads them.
pub fn device_keys(user: &User) -> Value {
    let (key, device) = (signing_key(user), &user.device);
    let keys = json!({
        format!("ed25519:{device}"): key.public(),
        format!("curve25519:{device}"): curve_key(&format!("{} {device} curve", user.id)),
    });
    let algorithms = ["m.olm.v1.curve25519-aes-sha2", "m.megolm.v1.aes-sha2"];
    let unsigned = json!({ "user_id": user.id, "device_id": device, "algorithms": algorithms, "keys": keys });
    key.sign(unsigned, &user.id, device)
}

/// The key that a device signs with.
pub fn signing_key(user: &User) -> SigningKey {
    SigningKey::named(&format!("{} {}", user.id, user.device))
}

async fn upload(user: &User) {
    let one_time = json!({ "key": curve_key(&format!("{} {}", user.id, user.device)) });
    let one_time = signing_key(user).sign(one_time, &user.id, &user.device);
    let body = json!({ "device_keys": device_keys(user), "one_time_keys": { "signed_curve25519:A": one_time } });
    user.post("/keys/upload", body).await.ok();
}

/// The answer about the keys of another user.
async fn query(user: &User, of: &User) -> Value {
    user.post("/keys/query", json!({ "device_keys": { &of.id: [] }, "timeout": 5_000 })).await.ok()
}

/// The ids of the devices of another user.
async fn devices(user: &User, of: &User) -> Vec<String> {
    let answer = query(user, of).await;
    answer["device_keys"][&of.id].as_object().map_or(Vec::new(), |devices| devices.keys().cloned().collect())
}

/// Waits until a user sees so many devices of another.
async fn until_devices(user: &User, of: &User, count: usize) {
    let started = Instant::now();
    loop {
        let seen = devices(user, of).await;
        if seen.len() == count {
            return;
        }
        assert!(started.elapsed() < PATIENCE, "{} sees {seen:?}, not {count} devices", user.id);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Waits until a user is told that the devices of another are others.
async fn until_changed(user: &User, since: &str, of: &User) {
    let started = Instant::now();
    let mut since = since.to_owned();
    loop {
        let answer = user.sync(Some(&since), 2_000).await;
        let changed = answer["device_lists"]["changed"].as_array().cloned().unwrap_or_default();
        if changed.contains(&json!(of.id)) {
            return;
        }
        assert!(started.elapsed() < PATIENCE, "{} is told nothing of {}", user.id, of.id);
        since = answer["next_batch"].as_str().unwrap().to_owned();
    }
}

/// Alice of the first server and bob of the second, with keys, in a room.
async fn together(world: &World) -> (User, User) {
    let (alice, bob) = (world.user(0, "alice").await, world.user(1, "bob").await);
    let room = alice.public_room("Tea").await;
    join_via(&bob, &room, &["one.test"]).await.ok();
    until_membership(&alice, &room, &bob.id, "join").await;
    upload(&alice).await;
    upload(&bob).await;
    (alice, bob)
}

async fn keys_are_queried_and_claimed(database: Database) {
    let mut world = World::start::<2>(database).await;
    let (alice, bob) = (world.user(0, "alice").await, world.user(1, "bob").await);
    upload(&bob).await;
    let mut told = query(&alice, &bob).await["device_keys"][&bob.id][&bob.device].clone();
    told.as_object_mut().unwrap().remove("unsigned");
    assert_eq!(told, device_keys(&bob));
    let nowhere = "@x:nowhere.test";
    let wanted = json!({ &bob.id: { &bob.device: "signed_curve25519" }, nowhere: { "X": "signed_curve25519" } });
    let claimed = alice.post("/keys/claim", json!({ "one_time_keys": wanted })).await.ok();
    let keys = claimed["one_time_keys"][&bob.id][&bob.device].as_object().unwrap();
    assert_eq!(keys.keys().collect::<Vec<_>>(), ["signed_curve25519:A"]);
    assert!(claimed["failures"].get("nowhere.test").is_some() && claimed["failures"].get("two.test").is_none());
    let again = alice.post("/keys/claim", json!({ "one_time_keys": wanted })).await.ok();
    assert!(again["one_time_keys"].get(&bob.id).is_none(), "a key is given once: {again}");
    world.is_sound();
}

async fn a_new_device_reaches_the_other_server(database: Database) {
    let mut world = World::start::<2>(database).await;
    let (alice, bob) = together(&world).await;
    assert_eq!(devices(&alice, &bob).await, std::slice::from_ref(&bob.device));
    let (_, since) = until_synced(&alice, None, "/next_batch").await;
    let second = User::login(world.servers[1].client(), "bob", PASSWORD).await;
    upload(&second).await;
    until_changed(&alice, &since, &bob).await;
    until_devices(&alice, &bob, 2).await;
    // From now on the list has a number, and each change is applied to it.
    let (_, since) = until_synced(&alice, None, "/next_batch").await;
    let name = format!("/devices/{}", encode(&second.device));
    second.put(&name, json!({ "display_name": "Laptop" })).await.ok();
    until_changed(&alice, &since, &bob).await;
    let told = query(&alice, &bob).await["device_keys"][&bob.id][&second.device]["unsigned"].clone();
    assert_eq!(told["device_display_name"], "Laptop");
    let (_, since) = until_synced(&alice, None, "/next_batch").await;
    second.post("/logout", json!({})).await.ok();
    until_changed(&alice, &since, &bob).await;
    until_devices(&alice, &bob, 1).await;
    world.is_sound();
}

async fn what_was_missed_is_told_after_an_outage(database: Database) {
    let mut world = World::start::<2>(database).await;
    let (alice, bob) = together(&world).await;
    until_devices(&alice, &bob, 1).await;
    let (_, since) = until_synced(&alice, None, "/next_batch").await;
    world.servers[0].kill();
    for _ in 0..3 {
        upload(&User::login(world.servers[1].client(), "bob", PASSWORD).await).await;
    }
    world.servers[0].restart().await;
    until_changed(&alice, &since, &bob).await;
    until_devices(&alice, &bob, 4).await;
}

async fn a_list_that_could_not_be_had_comes_later(database: Database) {
    let mut world = World::start::<2>(database).await;
    let (alice, bob) = together(&world).await;
    world.servers[1].kill();
    let answer = query(&alice, &bob).await;
    assert!(answer["failures"].get("two.test").is_some(), "{answer}");
    let (_, since) = until_synced(&alice, None, "/next_batch").await;
    // What is wanted is not forgotten.
    world.servers[0].kill();
    world.servers[0].restart().await;
    world.servers[1].restart().await;
    until_changed(&alice, &since, &bob).await;
    until_devices(&alice, &bob, 1).await;
}
