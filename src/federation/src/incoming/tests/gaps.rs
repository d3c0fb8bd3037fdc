//! Events that build on others which are not here.

use std::sync::atomic::Ordering;

use ruma::{UserId, room_id};
use serde_json::json;

use super::world::worlds;
use crate::testing::{Draft, message, state};

#[tokio::test(flavor = "multi_thread")]
async fn a_small_gap_is_closed() {
    worlds(async |world| {
        let line = world.peer.line(&world.last, 60);
        let answer = world.send(&[&line[59]]).await;
        assert_eq!(answer[line[59].event_id()], Ok(()));
        world.comes(line[59].event_id()).await;
        for event in &line {
            assert!(world.is_here(event.event_id()).await, "{}", event.event_id());
        }
        assert_eq!(world.heads().await, [line[59].event_id().to_owned()]);
        world.settles(0).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gap_with_state_in_it() {
    worlds(async |world| {
        let topic = world.peer.make(
            &[&world.last],
            state(
                "m.room.member",
                "@bob:b",
                json!({
                    "membership": "join", "displayname": "Bob",
                }),
            ),
        );
        let left = world.peer.make(&[topic.event_id()], message("left"));
        let right = world.peer.make(&[topic.event_id()], message("right"));
        let end = world.peer.make(&[left.event_id(), right.event_id()], message("end"));
        world.send(&[&end]).await;
        world.comes(end.event_id()).await;
        for event in [&topic, &left, &right] {
            assert!(world.is_here(event.event_id()).await);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_came_behind_a_gap_comes_with_it() {
    worlds(async |world| {
        let line = world.peer.line(&world.last, 10);
        // Each of them waits for the ones before it, which nobody has sent.
        let answer = world.send(&[&line[9], &line[7], &line[8]]).await;
        assert!(answer.values().all(Result::is_ok));
        world.comes(line[9].event_id()).await;
        world.settles(0).await;
        assert_eq!(world.heads().await, [line[9].event_id().to_owned()]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_past_that_is_lost_is_replaced_by_a_state() {
    worlds(async |world| {
        let name = world.peer.make(
            &[&world.last],
            state(
                "m.room.member",
                "@bob:b",
                json!({
                    "membership": "join", "displayname": "Bob",
                }),
            ),
        );
        let lost = world.peer.make(&[name.event_id()], message("lost"));
        let kept = world.peer.make(&[lost.event_id()], message("kept"));
        let end = world.peer.make(&[kept.event_id()], message("end"));
        world.peer.hide(lost.event_id());
        world.send(&[&end]).await;
        world.comes(end.event_id()).await;
        assert!(world.is_here(kept.event_id()).await);
        assert!(world.flags(lost.event_id()).await.is_none());
        assert!(world.flags(name.event_id()).await.is_some(), "it is of the state");
        world.settles(0).await;
        let gaps = world.server.rooms.gaps(&world.room_id, i64::MAX).await.unwrap();
        assert_eq!(gaps.len(), 1);
        assert_eq!(
            (&gaps[0].event_id, &gaps[0].missing[..]),
            (&kept.event_id().to_owned(), &[lost.event_id().to_owned()][..])
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_state_is_not_taken_without_what_could_not_be_had() {
    worlds(async |world| {
        let mut last = world.last.clone();
        // So many that one would hardly be missed.
        for n in 0..12 {
            let user = UserId::parse(format!("@user{n}:b")).unwrap();
            let draft = state("m.room.member", user.as_str(), json!({ "membership": "join" }));
            let join = world.peer.make(&[&last], Draft { sender: user.clone(), ..draft });
            world.send(&[&join]).await;
            last = join.event_id().to_owned();
        }
        // Not Bob: what allows an event is fetched with it.
        let sender = UserId::parse("@user1:b").unwrap();
        let renamed = json!({ "membership": "join", "displayname": "One" });
        let draft = state("m.room.member", sender.as_str(), renamed);
        let name = world.peer.make(&[&last], Draft { sender, ..draft });
        let lost = world.peer.make(&[name.event_id()], message("lost"));
        let end = world.peer.make(&[lost.event_id()], message("end"));
        world.peer.hide(lost.event_id());
        world.peer.silent.store(1, Ordering::SeqCst);
        world.send(&[&end]).await;
        world.is_asked_in_vain().await;
        let next = world.peer.make(&[end.event_id()], message("next"));
        world.send(&[&next]).await;
        world.comes(next.event_id()).await;
        assert!(world.is_here(end.event_id()).await);
        assert!(world.flags(name.event_id()).await.is_some(), "it is of the state");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rooms_that_are_not_here_have_no_gaps() {
    worlds(async |world| {
        assert!(world.server.rooms.gaps(room_id!("!elsewhere:b"), i64::MAX).await.is_err());
    })
    .await;
}

/// Until a restart nobody else would work on the room.
#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_makes_us_panic_stops_no_other() {
    worlds(async |world| {
        let [first, second] = [0, 1].map(|_| world.peer.line(&world.last, 3));
        *world.peer.poison.lock() = Some(first[2].event_id().to_owned());
        world.send(&[&first[2]]).await;
        world.send(&[&second[2]]).await;
        world.comes(second[2].event_id()).await;
        assert!(!world.is_here(first[2].event_id()).await);
    })
    .await;
}
