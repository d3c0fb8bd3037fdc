//! Servers that answer what was not asked for, or for ever.

use std::{
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use ruma::{OwnedEventId, event_id};
use serde_json::json;

use super::world::{VERSIONS, worlds};
use crate::testing::{Keys, Peer, Server, message, raw, state};

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_builds_on_nothing_waits_and_harms_nobody() {
    worlds(async |world| {
        let nothing: Vec<OwnedEventId> = vec![event_id!("$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA").to_owned()];
        let invented = world.peer.invent(nothing, &world.last);
        let began = Instant::now();
        assert_eq!(world.send(&[&invented]).await[invented.event_id()], Ok(()));
        let line = world.peer.line(&world.last, 5);
        world.send(&[&line[4]]).await;
        world.comes(line[4].event_id()).await;
        assert!(world.flags(invented.event_id()).await.is_none());
        world.settles(1).await;
        assert_eq!(world.waiting().await, 1, "it is tried again later");
        // Meanwhile, which is ten seconds, nobody is asked about it.
        let asked = world.peer.asked.load(Ordering::SeqCst);
        let next = world.peer.make(&[line[4].event_id()], message("next"));
        world.send(&[&next]).await;
        assert!(world.is_here(next.event_id()).await);
        let is_due = began.elapsed() >= Duration::from_secs(10);
        assert!(is_due || world.peer.asked.load(Ordering::SeqCst) == asked);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_past_without_end_is_not_followed() {
    worlds(async |world| {
        // More than is ever fetched, of which the beginning is hidden, so that it never reaches what is here.
        let line = world.peer.line(&world.last, 900);
        world.peer.hide(line[0].event_id());
        world.send(&[&line[899]]).await;
        world.comes(line[899].event_id()).await;
        assert!(world.peer.asked.load(Ordering::SeqCst) < 60);
        assert!(world.flags(line[10].event_id()).await.is_none());
    })
    .await;
}

/// CVE-2020-26257, CVE-2022-39200: nothing gets in by an answer that would not by a transaction.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_not_asked_for_is_not_taken_in() {
    worlds(async |world| {
        let database = store::testing::Database::sqlite();
        let other = {
            let elsewhere = Server::on(&database, world.peer.clone(), Keys::new());
            let peer = Peer::new(world.peer.rules);
            let v12 = world.peer.rules.authorization.room_create_event_id_as_room_id;
            let version = &VERSIONS[usize::from(v12)];
            // The first room there is like the one here in all things.
            elsewhere.public_room(version).await;
            let room_id = elsewhere.public_room(version).await;
            let newest = peer.learn(&elsewhere.rooms, &room_id).await;
            peer.make(&[&newest], state("m.room.member", "@bob:b", json!({ "membership": "join" })))
        };
        let line = world.peer.line(&world.last, 3);
        let branch = world.peer.line(&world.last, 2);
        let mut unsigned: serde_json::Value = serde_json::from_str(raw(&line[0]).get()).unwrap();
        unsigned["signatures"] = json!({});
        *world.peer.extra.lock() = vec![
            raw(&other).get().to_owned(),
            raw(&branch[0]).get().to_owned(),
            unsigned.to_string(),
            "{}".into(),
            "7".into(),
        ];
        world.send(&[&line[2]]).await;
        world.comes(line[2].event_id()).await;
        assert!(world.flags(other.event_id()).await.is_none());
        assert!(world.flags(branch[0].event_id()).await.is_none(), "nothing builds on it");
        assert!(world.is_here(line[0].event_id()).await && world.is_here(line[1].event_id()).await);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_allowed_nothing_is_no_part_of_an_auth_chain() {
    worlds(async |world| {
        let named = json!({ "membership": "join", "displayname": "Bob" });
        let renamed = world.peer.make(&[&world.last], state("m.room.member", "@bob:b", named));
        let said = world.peer.invent(vec![world.last.clone()], renamed.event_id());
        let others = world.peer.line(&world.last, 2);
        *world.peer.extra.lock() = others.iter().map(|event| raw(event).get().to_owned()).collect();
        world.send(&[&said]).await;
        world.comes(said.event_id()).await;
        assert!(world.flags(renamed.event_id()).await.is_some());
        for event in &others {
            assert!(world.flags(event.event_id()).await.is_none());
        }
    })
    .await;
}
