//! Asking notaries.

use std::time::Duration;

use serde_json::{Value, json};
use store::testing::each;

use super::world::{DAY, NOW, World, honest, key, sign};

fn notarises(world: &World, answers: &[Value]) {
    world.publish("notary.example", honest("notary.example", &key(9), NOW + DAY).to_string());
    world.net.notarised.lock().insert("notary.example".to_owned(), json!({ "server_keys": answers }).to_string());
}

#[tokio::test]
async fn a_notary_knows_those_that_are_dead() {
    each(async |database| {
        let world = World::with_notaries(&database, &["dead.example", "notary.example"]);
        let signed = sign(&honest("a.example", &key(2), NOW + DAY), "notary.example", &key(9));
        notarises(&world, &[json!({ "nonsense": true }), signed]);
        assert!(world.finds_now("a.example", &key(2)).await);
        assert!(!world.finds_now("b.example", &key(2)).await);
        let again = World::on(world.store.clone(), &[]);
        assert!(again.finds_now("a.example", &key(2)).await);
        world.store.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_notary_must_sign_and_tell_what_it_was_asked() {
    each(async |database| {
        let world = World::with_notaries(&database, &["notary.example"]);
        let good = honest("a.example", &key(2), NOW + DAY);
        let mut changed = sign(&good, "notary.example", &key(9));
        *changed.pointer_mut("/valid_until_ts").unwrap() = json!(NOW + 2 * DAY);
        for lie in [
            good.clone(),
            changed,
            sign(&good, "notary.example", &key(8)),
            sign(&good, "other.example", &key(9)),
            sign(&honest("b.example", &key(2), NOW + DAY), "notary.example", &key(9)),
            json!("a.example"),
        ] {
            notarises(&world, std::slice::from_ref(&lie));
            assert!(!world.finds_now("a.example", &key(2)).await, "{lie}");
            world.clock.advance(Duration::from_secs(600));
            // Nobody asked for it.
            assert!(!world.finds_now("b.example", &key(3)).await);
            world.clock.advance(Duration::from_secs(600));
        }
        notarises(&world, &[sign(&good, "notary.example", &key(9))]);
        assert!(world.finds_now("a.example", &key(2)).await);
        world.store.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_notary_cannot_bring_back_what_was_revoked() {
    each(async |database| {
        let world = World::with_notaries(&database, &["notary.example"]);
        let (new, stolen) = (key(2), key(3));
        let revoked = super::world::unsigned("a.example", &[&new], &[(&stolen, NOW - DAY)], NOW + DAY);
        world.publish("a.example", sign(&revoked, "a.example", &new).to_string());
        assert!(world.finds_now("a.example", &new).await);
        world.kill("a.example");
        let before = honest("a.example", &stolen, NOW + DAY);
        notarises(&world, &[sign(&before, "notary.example", &key(9))]);
        assert!(!world.finds_now("a.example", &stolen).await);
        world.store.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_notary_knows_what_was_used_before_a_server_was_set_up_anew() {
    each(async |database| {
        let world = World::with_notaries(&database, &["notary.example"]);
        let (new, lost) = (key(2), key(3));
        world.publish("a.example", honest("a.example", &new, NOW + DAY).to_string());
        notarises(&world, &[sign(&honest("a.example", &lost, NOW - DAY), "notary.example", &key(9))]);
        assert!(world.finds("a.example", &lost, NOW - 2 * DAY).await);
        assert!(!world.finds_now("a.example", &lost).await);
        assert!(world.finds_now("a.example", &new).await);
        world.store.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_notary_is_asked_beside_a_server_that_takes_long() {
    each(async |database| {
        let world = World::with_notaries(&database, &["notary.example"]);
        notarises(&world, &[sign(&honest("a.slow", &key(2), NOW + DAY), "notary.example", &key(9))]);
        let found = tokio::time::timeout(Duration::from_secs(40), world.finds_now("a.slow", &key(2))).await;
        assert!(found.unwrap(), "a slow server is waited for a minute");
        world.store.close().await;
    })
    .await;
}
