//! Where keys come from, and what lies about them.

use std::{collections::BTreeMap, time::Duration};

use futures_util::future::join_all;
use ruma::ServerSigningKeyId;
use serde_json::{Value, json};
use store::{federation::server_keys, testing::each};

use super::world::{DAY, NOW, STRANGERS, World, honest, key, name, sign, time, unsigned};
use crate::keys::{Wanted, lookup::MAX_SERVERS};

#[tokio::test]
async fn a_server_is_asked_once_and_what_it_said_is_kept() {
    each(async |database| {
        let world = World::new(&database);
        world.publish("a.example", honest("a.example", &key(2), NOW + DAY).to_string());
        let of_server = key(2);
        let found = join_all((0..50).map(|_| world.finds_now("a.example", &of_server))).await;
        assert!(found.into_iter().all(|found| found));
        assert!(world.finds_now("a.example", &key(2)).await);
        assert_eq!(world.net.asked("a.example"), 1);
        assert!(!world.finds_now("b.example", &key(2)).await, "not a key of another server");

        let again = World::on(world.store.clone(), &[]);
        assert!(again.finds_now("a.example", &key(2)).await);
        assert!(again.finds("a.example", &key(2), NOW - 400 * DAY).await);
        assert_eq!(again.net.asked("a.example"), 0);
        world.store.close().await;
    })
    .await;
}

#[tokio::test]
async fn lies_are_not_believed() {
    each(async |database| {
        let world = World::new(&database);
        let (own, other) = (key(2), key(3));
        let good = unsigned("a.example", &[&own], &[], NOW + DAY);
        let with = |field: &str, value: Value| {
            let mut changed = good.clone();
            changed.as_object_mut().unwrap().insert(field.to_owned(), value);
            sign(&changed, "a.example", &own)
        };
        let mut changed_later = sign(&good, "a.example", &own);
        *changed_later.get_mut("valid_until_ts").unwrap() = json!(NOW + 2 * DAY);
        let weak = json!({ own.key_id(): { "key": "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" } });
        let lies = [
            good.clone(),
            changed_later,
            sign(&good, "a.example", &other),
            sign(&good, "b.example", &own),
            honest("b.example", &own, NOW + DAY),
            with("server_name", json!(5)),
            with("valid_until_ts", json!("later")),
            with("valid_until_ts", Value::Null),
            with("verify_keys", weak),
            with("verify_keys", json!([])),
            with("verify_keys", json!({ own.key_id(): { "key": "AAAA" } })),
            with("verify_keys", json!({ own.key_id(): own.public_key_base64() })),
            with("padding", json!("x".repeat(70_000))),
            json!([]),
        ];
        let mut bodies: Vec<String> = lies.iter().map(Value::to_string).collect();
        bodies.push("no JSON".to_owned());
        bodies.push(sign(&good, "a.example", &own).to_string().replacen('{', "{\"x\":1.5,", 1));
        for body in bodies {
            world.publish("a.example", body.clone());
            assert!(!world.finds_now("a.example", &own).await, "{body}");
            world.clock.advance(Duration::from_secs(600));
        }
        world.publish("a.example", sign(&good, "a.example", &own).to_string());
        assert!(world.finds_now("a.example", &own).await);
        world.store.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_server_that_does_not_help_is_left_in_peace_for_a_while() {
    each(async |database| {
        let world = World::new(&database);
        for _ in 0..3 {
            assert!(!world.finds_now("a.example", &key(2)).await);
        }
        assert_eq!(world.net.asked("a.example"), 1);
        world.publish("a.example", honest("a.example", &key(2), NOW + DAY).to_string());
        world.clock.advance(Duration::from_secs(10));
        assert!(world.finds_now("a.example", &key(2)).await);
        assert_eq!(world.net.asked("a.example"), 2);

        // Whoever makes up keys of a server does not make us ask it each time.
        for seed in 10..30 {
            assert!(!world.finds_now("a.example", &key(seed)).await);
        }
        assert_eq!(world.net.asked("a.example"), 3);
        assert!(world.finds_now("a.example", &key(2)).await);
        world.store.close().await;
    })
    .await;
}

#[tokio::test]
async fn our_own_keys_need_nobody() {
    each(async |database| {
        let world = World::new(&database);
        assert!(world.finds_now("test.example", &key(1)).await);
        assert!(world.finds("test.example", &key(1), NOW + 100 * DAY).await);
        assert!(!world.finds_now("test.example", &key(2)).await);
        assert_eq!(world.net.asked("test.example"), 0);
        world.store.close().await;
    })
    .await;
}

/// Whoever has a name in the DNS has any number of them.
#[tokio::test]
async fn made_up_names_do_not_fill_the_database() {
    each(async |database| {
        let world = World::new(&database);
        let names: Vec<String> = (0..300).map(|n| format!("s{n}.example")).collect();
        for name in &names {
            world.publish(name, honest(name, &key(2), NOW + DAY).to_string());
        }
        let own = key(2);
        let found = join_all(names.iter().map(|name| world.finds_now(name, &own))).await;
        assert!(found.into_iter().all(|found| found), "each of them may sign");
        let kept = world.store.read(move |c| server_keys::ages(c, &names)).await.unwrap().len();
        let most = usize::try_from(STRANGERS).unwrap();
        assert!((most..=most + 100).contains(&kept), "{kept}");
        world.store.close().await;
    })
    .await;
}

/// The members of a large room are on more servers than are asked at once.
#[tokio::test]
async fn one_look_up_asks_more_servers_than_it_asks_at_once() {
    each(async |database| {
        let world = World::new(&database);
        let own = key(2);
        let id = ServerSigningKeyId::parse(own.key_id()).unwrap();
        let servers: Vec<String> = (0..MAX_SERVERS + 100).map(|n| format!("s{n}.example")).collect();
        for server in &servers {
            world.publish(server, honest(server, &own, NOW + DAY).to_string());
        }
        let of_server = |server: &String| (name(server), BTreeMap::from([(id.clone(), time(NOW))]));
        let keys = world.ring.get(&servers.iter().map(of_server).collect::<Wanted>()).await;
        let found = servers.iter().filter(|server| keys.at(&name(server), &id, time(NOW)).is_some());
        assert_eq!(found.count(), servers.len());
        world.store.close().await;
    })
    .await;
}
