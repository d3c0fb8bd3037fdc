//! Being a notary, and publishing our own keys.

use std::{collections::BTreeMap, time::Duration};

use events::canonical;
use ruma::CanonicalJsonObject;
use store::{federation::old_signing_keys, testing::each};

use super::world::{DAY, NOW, World, honest, key, name, time};
use crate::keys::answer::Answer;

async fn ask(world: &World, servers: &[&str]) -> Vec<CanonicalJsonObject> {
    let wanted = servers.iter().map(|server| (name(server), time(NOW))).collect::<BTreeMap<_, _>>();
    world.ring.notarised(wanted).await.unwrap()
}

#[tokio::test]
async fn what_is_told_is_signed_by_both() {
    each(async |database| {
        let world = World::new(&database);
        world.publish("a.example", honest("a.example", &key(2), NOW + DAY).to_string());
        let answers = ask(&world, &["a.example", "dead.example", "test.example"]).await;
        let text = |answer: &CanonicalJsonObject| canonical::text(answer).unwrap();
        let read: Vec<Answer> = answers.iter().map(|answer| Answer::read(&text(answer)).unwrap()).collect();
        assert_eq!(read.iter().map(|read| read.server.as_str()).collect::<Vec<_>>(), ["test.example", "a.example"]);
        let ours = events::PublicKey::from_bytes(&key(1).public_key()).unwrap();
        for answer in &read {
            answer.check_signature(&name("test.example"), |_| Some(ours.clone())).unwrap();
        }
        // The dead one is left in peace, the other one is fresh.
        ask(&world, &["a.example", "dead.example"]).await;
        assert_eq!((world.net.asked("a.example"), world.net.asked("dead.example")), (1, 1));

        // What is old is asked for again, and told all the same if nobody answers.
        world.clock.advance(Duration::from_secs(3 * 86_400));
        world.kill("a.example");
        assert_eq!(ask(&world, &["a.example"]).await.len(), 1);
        assert_eq!(world.net.asked("a.example"), 2);
        world.store.close().await;
    })
    .await;
}

/// Anybody may have us ask a server that does not answer just then.
#[tokio::test]
async fn what_others_ask_in_vain_we_may_ask_ourselves() {
    each(async |database| {
        let world = World::new(&database);
        assert!(ask(&world, &["a.example"]).await.is_empty());
        world.publish("a.example", honest("a.example", &key(2), NOW + DAY).to_string());
        assert!(ask(&world, &["a.example"]).await.is_empty(), "for others it is left in peace for a while");
        assert!(world.finds_now("a.example", &key(2)).await);
        assert_eq!(ask(&world, &["a.example"]).await.len(), 1);
        world.store.close().await;
    })
    .await;
}

#[tokio::test]
async fn many_servers_at_once_are_bounded() {
    each(async |database| {
        let world = World::new(&database);
        let servers: Vec<String> = (0..700).map(|n| format!("s{n}.example")).collect();
        let servers: Vec<&str> = servers.iter().map(String::as_str).collect();
        assert!(ask(&world, &servers).await.is_empty());
        assert_eq!(world.net.asked.lock().len(), 50);
        world.store.close().await;
    })
    .await;
}

#[tokio::test]
async fn our_keys_with_old_ones() {
    each(async |database| {
        let world = World::new(&database);
        let old = old_signing_keys::OldKeyRow {
            key_id: key(7).key_id(),
            public_key: key(7).public_key().to_vec(),
            expired_at: NOW - DAY,
        };
        world.store.write(move |tx| old_signing_keys::put(tx.conn(), &old)).await.unwrap();
        let published = canonical::text(&world.ring.published().await.unwrap()).unwrap();
        let keys = Answer::read(&published).unwrap();
        assert_eq!((keys.server.as_str(), keys.valid_until), ("test.example", NOW + DAY));
        let keys = keys.keys(NOW);
        let of = |id: &str| keys.iter().find(|(key, _)| key.as_str() == id).map(|(_, key)| key.clone()).unwrap();
        assert_eq!(of(&key(1).key_id()).public.to_bytes(), key(1).public_key());
        assert_eq!(of(&key(7).key_id()).good_until, time(NOW - DAY));
        assert!(world.finds("test.example", &key(7), NOW - DAY).await);
        assert!(!world.finds_now("test.example", &key(7)).await);
        world.store.close().await;
    })
    .await;
}
