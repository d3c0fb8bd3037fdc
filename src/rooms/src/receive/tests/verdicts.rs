//! Accepted, rejected, missing, again.

use super::{
    model::{Model, member, message, state},
    world::World,
};
use crate::{Missing, Received};
use ruma::{RoomVersionId, events::TimelineEventType};
use serde_json::json;
use store::rooms::EventFlags;

fn is_rejected(received: &Received) -> bool {
    matches!(received, Received::Rejected(_))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_event_gets_the_same_answer() {
    let mut model = Model::new(RoomVersionId::V11);
    let join = model.add(&[3], member("@bob:b", "@bob:b", "join"));
    let foreign = model.add(&[join], message("@carol:c", "let me in"));
    let world = World::of(&model).await;
    for event in 1..=join {
        let first = world.receive(model.event(event)).await;
        assert!(matches!(first, Received::Accepted(_)), "{first:?}");
        assert_eq!(world.receive(model.event(event)).await, first);
    }
    let first = world.receive(model.event(foreign)).await;
    assert!(is_rejected(&first), "{first:?}");
    assert_eq!(world.receive(model.event(foreign)).await, first);
    // Twice in one chain, too.
    let said = model.add(&[join], message("@bob:b", "hello"));
    let both = world.receive_together(&[model.event(said).clone(), model.event(said).clone()]).await;
    assert_eq!(both[0], both[1]);
    assert_eq!(world.row().await.extremities, world.event(model.id(said)).await.unwrap().nid.to_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_missing_is_named() {
    let mut model = Model::new(RoomVersionId::V12);
    let join = model.add(&[3], member("@bob:b", "@bob:b", "join"));
    let said = model.add(&[join], message("@bob:b", "hello"));
    let world = World::of(&model).await;
    let missing = world.receive(model.event(said)).await;
    let auth_events = model.event(said).auth_events().to_vec();
    assert_eq!(missing, Received::Missing(Missing { prev_events: vec![model.id(join).to_owned()], auth_events }));
    assert!(world.event(model.id(said)).await.is_none(), "it was not stored");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rejected_auth_event_rejects_but_a_rejected_event_before_does_not() {
    let mut model = Model::new(RoomVersionId::V10);
    let join = model.add(&[3], member("@bob:b", "@bob:b", "join"));
    // Carol may not set power levels; who builds on hers is refused as well.
    let carol = model.add(&[join], member("@carol:c", "@carol:c", "join"));
    let levels = model.levels(&[("@carol:c", 100)]);
    let taken = model.add(&[carol], state("@carol:c", "m.room.power_levels", "", levels));
    assert!(model.events[taken].rejected);
    let mut by = model.events[carol].after.clone();
    by.insert(("m.room.power_levels".into(), String::new()), model.id(taken).to_owned());
    let topic = state("@carol:c", "m.room.topic", "", json!({ "topic": "mine" }));
    let event = model.build_by(&[carol], topic, &by);
    let topic = model.insert(&[carol], event);
    let after = model.add(&[taken], message("@bob:b", "nothing happened"));
    let world = World::of(&model).await;
    let events: Vec<_> = (1..=after).map(|i| model.event(i).clone()).collect();
    let received = world.receive_together(&events).await;
    assert!(is_rejected(&received[taken - 1]) && is_rejected(&received[topic - 1]), "{received:?}");
    assert!(matches!(received[after - 1], Received::Accepted(_)));
    let stored = world.event(model.id(after)).await.unwrap();
    assert_eq!(stored.state_before, world.event(model.id(carol)).await.unwrap().state_after);
    // Carol's join, which is before the rejected event, is no end any more.
    assert_eq!(world.row().await.extremities, stored.nid.to_string());
    let rejected = world.event(model.id(taken)).await.unwrap();
    assert_eq!(EventFlags(rejected.flags), EventFlags::REJECTED);
    assert_eq!(rejected.state_after, rejected.state_before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_room_has_one_beginning() {
    let mut model = Model::new(RoomVersionId::V11);
    let second = state("@alice:a", "m.room.create", "", json!({ "room_version": "11", "second": true }));
    let second = model.build(&[], second);
    assert_eq!(*second.event_type(), TimelineEventType::RoomCreate);
    let world = World::of(&model).await;
    assert!(is_rejected(&world.receive(&second).await));
}
