//! Very many events of one's own membership, of which others see only the last.

use std::time::{Duration, Instant};

use ruma::{RoomVersionId, server_name};
use serde_json::json;

use super::{
    check,
    model::{Model, member, message, state},
    world::World,
};
use crate::{
    Error, Received,
    lane::{Building, Head},
};

/// More than are judged for nothing.
const MANY: usize = 1_010;

/// Alice's room, in which bob has changed his name again and again while alice set the topic. Gives the places of the topic
/// and of what bob says in the end.
fn withheld() -> (Model, usize, usize) {
    let mut model = Model::new(RoomVersionId::V11);
    let here = model.add(&[3], member("@bob:b", "@bob:b", "join"));
    let topic = model.add(&[here], state("@alice:a", "m.room.topic", "", json!({ "topic": "tea" })));
    let mut last = here;
    for number in 0..MANY {
        last = model.add(&[last], renamed(number));
    }
    let said = model.add(&[last], message("@bob:b", "here I am"));
    (model, topic, said)
}

fn renamed(number: usize) -> super::model::Draft {
    let content = json!({ "membership": "join", "displayname": number.to_string() });
    state("@bob:b", "m.room.member", "@bob:b", content)
}

async fn with_topic(world: World, model: &Model, topic: usize) -> World {
    for event in 1..=topic {
        world.receive(model.event(event)).await;
    }
    world
}

#[tokio::test(flavor = "multi_thread")]
async fn a_withheld_branch_of_ones_own_membership_is_judged_at_its_servers_cost() {
    let (mut model, topic, said) = withheld();
    let again = model.add(&[said], renamed(MANY));
    let again = model.add(&[again], message("@bob:b", "here I am again"));
    let honest = model.add(&[topic], state("@alice:a", "m.room.name", "", json!({ "name": "Tea" })));
    let world = with_topic(World::of_others(&model).await, &model, topic).await;
    assert!(matches!(world.receive_told(&model, said).await, Received::Accepted(_)));

    let (bob, soon) = (server_name!("b").to_owned(), Instant::now() + Duration::from_secs(600));
    while world.rooms.inner.shares.judged.take(&bob, 1_000, soon) {}
    world.rooms.add_outliers(&world.room_id, model.needed(again)).await.unwrap();
    let waits = world.rooms.receive_at(&world.room_id, model.event(again).clone(), model.told(again)).await;
    assert!(matches!(&waits, Err(error @ Error::Costly(server)) if *server == bob && error.may_pass()), "{waits:?}");
    assert!(matches!(world.receive(model.event(honest)).await, Received::Accepted(_)), "others have their own share");
    check::tables_agree(&world).await;
}

/// It soft-fails, so that others may see it otherwise, and only until something comes after both branches.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_brings_one_branch_after_the_other() {
    let (mut model, topic, said) = withheld();
    let both = model.add(&[said, topic], message("@alice:a", "welcome"));
    let world = with_topic(World::of_others(&model).await, &model, topic).await;
    let (bob, soon) = (server_name!("b").to_owned(), Instant::now() + Duration::from_secs(600));
    while world.rooms.inner.shares.brought.take(&bob, 1_000, soon) {}
    let before = world.row().await;
    assert!(matches!(world.receive_told(&model, said).await, Received::SoftFailed(_)));
    assert_eq!((world.row().await.state, world.row().await.extremities), (before.state, before.extremities));
    assert!(matches!(world.receive(model.event(both)).await, Received::Accepted(_)));
    assert_eq!(world.row().await.extremities.split(',').count(), 1);
    check::tables_agree(&world).await;
}

/// Somebody's robot, while we were away: no difference is left for what comes next.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_costly_to_judge_is_joined_at_once() {
    let (model, topic, said) = withheld();
    let world = with_topic(World::of(&model).await, &model, topic).await;
    assert!(matches!(world.receive_told(&model, said).await, Received::Accepted(_)));
    assert_eq!(world.row().await.extremities.split(',').count(), 1);
    check::tables_agree(&world).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn states_that_are_too_far_apart() {
    let model = Model::new(RoomVersionId::V11);
    let world = World::of(&model).await;
    let (rooms, room) = (world.rooms.clone(), world.row().await.nid);
    let read = world.rooms.store().read(move |conn| {
        let head = Head::load(conn, rooms.events(), room).unwrap();
        let mut building = Building::begin(&rooms, conn, head);
        Ok((building.walk(1, 50_001), building.pay_for(50_001), building.pay_for(50_000)))
    });
    let (walk, pay, less) = read.await.unwrap();
    assert!(matches!((&walk, &pay), (Err(Error::TooFarApart), Err(Error::TooFarApart))), "{walk:?}, {pay:?}");
    assert!(less.is_ok(), "nobody pays for what is ours");
}
