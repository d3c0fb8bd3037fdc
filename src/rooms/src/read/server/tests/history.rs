//! Walks back through the graph.

use ruma::{RoomVersionId, server_name};

use super::{b, ids, told, with_bob};
use crate::{
    read::MissingEvents,
    receive::tests::{
        model::{Model, NOW, member, message},
        world::World,
    },
};

/// Two branches after bob's join, of two messages each, and a message that joins them: [left, left, right, right, end].
fn branches() -> (Model, [usize; 5]) {
    let (mut model, bob) = with_bob(RoomVersionId::V11);
    let say = |model: &mut Model, prev: &[usize], text| model.add(prev, message("@alice:a", text));
    let left = say(&mut model, &[bob], "left 1");
    let lefter = say(&mut model, &[left], "left 2");
    let right = say(&mut model, &[bob], "right 1");
    let righter = say(&mut model, &[right], "right 2");
    let end = say(&mut model, &[lefter, righter], "end");
    (model, [left, lefter, right, righter, end])
}

async fn backfill(world: &World, model: &Model, from: &[usize], limit: usize) -> Vec<usize> {
    let from = ids(model, from.iter().copied());
    told(model, &world.rooms.backfill_for_server(b(), &world.room_id, from, limit).await.unwrap())
}

async fn missing(world: &World, model: &Model, earliest: &[usize], latest: usize, limit: usize) -> Vec<usize> {
    let earliest = ids(model, earliest.iter().copied());
    let missing = MissingEvents { earliest, latest: ids(model, [latest]), limit, min_depth: 0 };
    told(model, &world.rooms.missing_events_for_server(b(), &world.room_id, missing).await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn backfill_goes_down_along_the_graph() {
    let (model, [left, lefter, right, righter, end]) = branches();
    World::each(&model, async |world| {
        assert_eq!(backfill(&world, &model, &[end], 3).await, [end, righter, lefter]);
        assert_eq!(backfill(&world, &model, &[lefter], 10).await, [lefter, left, 4, 3, 2, 1, 0]);
        assert_eq!(backfill(&world, &model, &[lefter, right], 4).await, [lefter, right, left, 4]);
        assert_eq!(backfill(&world, &model, &[end], 10_000).await.len(), model.events.len());
        assert!(backfill(&world, &model, &[end], 0).await.is_empty());
        assert!(backfill(&world, &model, &[], 10).await.is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn missing_events_lie_between_what_is_named() {
    let (model, [left, lefter, right, righter, end]) = branches();
    World::each(&model, async |world| {
        assert_eq!(missing(&world, &model, &[4], end, 10).await, [left, right, lefter, righter]);
        assert_eq!(missing(&world, &model, &[4], end, 2).await, [lefter, righter]);
        assert_eq!(missing(&world, &model, &[lefter, right], end, 10).await, [righter]);
        assert_eq!(missing(&world, &model, &[end], end, 10).await, [0; 0]);
        let min_depth = model.event(lefter).depth();
        let request = MissingEvents { earliest: Vec::new(), latest: ids(&model, [end]), limit: 10, min_depth };
        let events = world.rooms.missing_events_for_server(b(), &world.room_id, request).await.unwrap();
        assert_eq!(told(&model, &events), [lefter, righter]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_are_no_longer_than_they_may_be() {
    let (mut model, mut last) = with_bob(RoomVersionId::V11);
    for number in 0..130 {
        last = model.add(&[last], message("@alice:a", &number.to_string()));
    }
    World::each(&model, async |world| {
        assert_eq!(backfill(&world, &model, &[last], usize::MAX).await.len(), 100);
        assert_eq!(missing(&world, &model, &[], last, usize::MAX).await.len(), 20);
    })
    .await;
}

/// CVE-2026-45076: a page of nothing but rejected events was taken for the end of the history.
#[tokio::test(flavor = "multi_thread")]
async fn cve_2026_45076_rejected_events_do_not_end_the_history() {
    let (mut model, bob) = with_bob(RoomVersionId::V11);
    let mut last = bob;
    for number in 0..30 {
        let refused = model.build(&[last], message("@carol:c", &number.to_string()));
        last = model.insert(&[last], refused);
        assert!(model.events[last].rejected);
    }
    let said = model.add(&[last], message("@alice:a", "hello"));
    World::each(&model, async |world| {
        assert_eq!(backfill(&world, &model, &[said], 3).await, [said, bob, 3]);
        assert_eq!(missing(&world, &model, &[], said, 2).await, [3, bob]);
        // Who wants to judge for itself asks for the event.
        let event = world.rooms.event_for_server(b(), model.id(last)).await.unwrap();
        assert_eq!(event.get(), model.event(last).json());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_soft_failed_is_told_where_others_name_it() {
    let (mut model, bob) = with_bob(RoomVersionId::V11);
    let carol = model.add(&[bob], member("@carol:c", "@carol:c", "join"));
    let ban = model.add(&[carol], member("@alice:a", "@carol:c", "ban"));
    let evasion = model.add(&[carol], message("@carol:c", "still here"));
    let honest = model.add(&[ban], message("@alice:a", "gone"));
    let naming = model.add(&[evasion, honest], message("@bob:b", "I saw that"));
    World::each(&model, async |world| {
        assert!(!backfill(&world, &model, &[honest], 10).await.contains(&evasion));
        assert!(backfill(&world, &model, &[naming], 10).await.contains(&evasion));
        assert!(missing(&world, &model, &[], naming, 10).await.contains(&evasion));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_event_next_to_a_time_is_found() {
    let (model, [left, .., end]) = branches();
    World::each(&model, async |world| {
        let at = async |ts: i64, backward| {
            world.rooms.timestamp_for_server(b(), &world.room_id, ts, backward).await.map(|(id, _)| id)
        };
        let time = |index: usize| i64::from(model.event(index).origin_server_ts().get());
        assert_eq!(at(0, false).await.unwrap(), model.id(0));
        assert_eq!(at(time(left), false).await.unwrap(), model.id(left));
        assert_eq!(at(i64::MAX, true).await.unwrap(), model.id(end));
        assert!(at(i64::MAX, false).await.is_err());
        assert!(at(NOW as i64 - 1, true).await.is_err());
        let stranger = world.rooms.timestamp_for_server(server_name!("c"), &world.room_id, 0, false).await;
        assert!(stranger.is_err());
    })
    .await;
}
