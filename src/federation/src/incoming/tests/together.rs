//! Events that come together: forks, repetition, bounds, and one bad event among good ones.

use ruma::{api::federation::transactions::edu::Edu, serde::Raw, server_name};
use serde_json::{Value, json, value::to_raw_value};

use super::world::worlds;
use crate::{
    Error,
    testing::{message, raw, user},
};

#[tokio::test(flavor = "multi_thread")]
async fn fifty_events_of_which_one_is_bad() {
    worlds(async |world| {
        let line = world.peer.line(&world.last, 50);
        let mut pdus: Vec<_> = line.iter().map(|event| raw(event)).collect();
        let mut forged: Value = serde_json::from_str(pdus[20].get()).unwrap();
        forged["depth"] = json!(7);
        pdus[20] = to_raw_value(&forged).unwrap();
        let answer = world.send_raw(pdus).await;
        assert_eq!(answer.len(), 50);
        assert_eq!(answer.values().filter(|outcome| outcome.is_err()).count(), 1);
        assert!(!answer.contains_key(line[20].event_id()), "the forged event has another id");
        // The true one comes over the network, and what builds on it with it.
        world.comes(line[49].event_id()).await;
        world.settles(0).await;
        assert_eq!(world.heads().await, [line[49].event_id().to_owned()]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_event_harms_no_other() {
    worlds(async |world| {
        let good = world.peer.make(&[&world.last], message("good"));
        let bad = [
            "1",
            "[]",
            "{}",
            r#"{"room_id":5}"#,
            r#"{"room_id":"!x"}"#,
            r#"{"room_id":"!elsewhere:b","type":"x"}"#,
            r#"{"room_id":"!a:b","room_id":"!c:d"}"#,
        ];
        let mut pdus: Vec<_> = bad.iter().map(|text| serde_json::from_str(text).unwrap()).collect();
        let in_room = [json!({ "room_id": world.room_id }), json!({ "room_id": world.room_id, "depth": 1.5 })];
        pdus.extend(in_room.iter().map(|event| to_raw_value(event).unwrap()));
        pdus.push(raw(&good));
        let answer = world.send_raw(pdus).await;
        assert_eq!(answer[good.event_id()], Ok(()));
        assert!(answer.iter().all(|(id, outcome)| id == good.event_id() || outcome.is_err()), "{answer:?}");
        assert!(world.is_here(good.event_id()).await);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn forks_and_repetition() {
    worlds(async |world| {
        let left = world.peer.make(&[&world.last], message("left"));
        let right = world.peer.make(&[&world.last], message("right"));
        let joined = world.peer.make(&[left.event_id(), right.event_id()], message("joined"));
        // In the wrong order, and some of them twice.
        world.send(&[&joined, &right, &left, &right, &joined]).await;
        world.comes(joined.event_id()).await;
        assert_eq!(world.heads().await, [joined.event_id().to_owned()]);
        let position = world.server.rooms.store().position();
        let answer = world.send(&[&left, &right, &joined]).await;
        assert!(answer.values().all(Result::is_ok) && answer.len() == 3);
        assert_eq!(world.server.rooms.store().position(), position, "nothing is written twice");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_is_known_again() {
    worlds(async |world| {
        let (one, other) =
            (world.peer.make(&[&world.last], message("1")), world.peer.make(&[&world.last], message("2")));
        let first = world.transaction("again", vec![raw(&one)], Vec::new()).await.unwrap();
        let second = world.transaction("again", vec![raw(&other)], Vec::new()).await.unwrap();
        assert_eq!(first, second);
        assert!(!world.is_here(other.event_id()).await);
        // The same id of another server is another transaction.
        let transaction = crate::Transaction { id: "again".into(), pdus: vec![raw(&other)], edus: Vec::new() };
        let of_c = world.server.federation.receive_transaction(server_name!("c"), transaction).await.unwrap();
        assert_eq!(of_c[other.event_id()], Ok(()));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_is_bounded() {
    worlds(async |world| {
        let events: Vec<_> = (0..51).map(|_| to_raw_value(&json!({})).unwrap()).collect();
        let edus: Vec<Raw<Edu>> = (0..101).map(|_| serde_json::from_str("{}").unwrap()).collect();
        for (pdus, edus) in [(events, Vec::new()), (Vec::new(), edus)] {
            let refused = world.transaction("large", pdus, edus).await;
            assert!(matches!(refused, Err(Error::InvalidParam(_))));
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_room_that_we_left_takes_nothing() {
    worlds(async |world| {
        world.server.rooms.leave(&world.room_id, &user("alice"), None).await.unwrap();
        let late = world.peer.make(&[&world.last], message("late"));
        let answer = world.send(&[&late]).await;
        assert!(answer.is_empty());
        assert!(!world.is_here(late.event_id()).await);
    })
    .await;
}
