//! States of which nobody has all.

use std::{slice::from_ref, time::Duration};

use events::VerifiedPdu;
use ruma::{EventId, OwnedEventId, UserId};
use serde_json::json;

use super::world::{World, worlds};
use crate::testing::{message, state};

/// A user of `b` joins, or takes another name.
fn joins(world: &World, after: &EventId, number: usize, name: &str) -> VerifiedPdu {
    let user = UserId::parse(format!("@u{number}:b")).unwrap();
    let content = json!({ "membership": "join", "displayname": name });
    let mut draft = state("m.room.member", user.as_str(), content);
    draft.sender = user;
    world.peer.make(&[after], draft)
}

/// Many more users of `b` join; gives the last of their joins.
async fn crowd(world: &World) -> OwnedEventId {
    let mut last = world.last.clone();
    for number in 0..15 {
        let join = joins(world, &last, number, "first");
        last = join.event_id().to_owned();
        assert_eq!(world.send(&[&join]).await[&last], Ok(()));
    }
    last
}

/// So many of them take another name, of which nobody tells any more. Gives these events, and one of bob's that comes after
/// another lost event.
async fn lost(world: &World, count: usize) -> (Vec<OwnedEventId>, VerifiedPdu) {
    let (mut last, mut renamed) = (crowd(world).await, Vec::new());
    for number in 0..count {
        last = joins(world, &last, number, "second").event_id().to_owned();
        world.peer.hide(&last);
        renamed.push(last.clone());
    }
    let between = world.peer.make(&[&last], message("between"));
    world.peer.hide(between.event_id());
    let end = world.peer.make(&[between.event_id()], message("end"));
    (renamed, end)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_whom_nobody_can_verify_does_not_end_the_room() {
    worlds(async |world| {
        let (renamed, end) = lost(&world, 1).await;
        assert_eq!(world.send(&[&end]).await[end.event_id()], Ok(()));
        world.comes(end.event_id()).await;
        assert!(world.flags(&renamed[0]).await.is_none());
        world.settles(0).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_state_that_lacks_much_is_not_taken() {
    worlds(async |world| {
        let (renamed, end) = lost(&world, 4).await;
        assert_eq!(world.send(&[&end]).await[end.event_id()], Ok(()));
        tokio::time::sleep(Duration::from_millis(500)).await;
        assert!(!world.is_here(end.event_id()).await);
        assert_eq!(world.waiting().await, 1, "it is tried again");
        // The next one that comes brings it along.
        renamed.iter().for_each(|id| world.peer.reveal(id));
        let next = world.peer.make(&[end.event_id()], message("next"));
        world.send(&[&next]).await;
        world.comes(next.event_id()).await;
    })
    .await;
}

/// No event's id has a zero byte, and PostgreSQL cannot be asked for one.
#[tokio::test(flavor = "multi_thread")]
async fn an_id_that_no_event_can_have_is_not_here() {
    worlds(async |world| {
        let (rooms, odd) = (&world.server.rooms, EventId::parse("$no\0event").unwrap());
        let known = rooms.known(&world.room_id, &[odd.clone(), world.last.clone()]).await.unwrap();
        assert_eq!(known.into_keys().collect::<Vec<_>>(), from_ref(&world.last));
        assert!(!rooms.lacks_foundations(&world.room_id, from_ref(&odd), from_ref(&odd)).await.unwrap());
    })
    .await;
}
