//! States before events, with their auth chains, beside the plain algorithms.

use std::collections::BTreeSet;

use events::version::room_id_is_create_hash;
use ruma::{OwnedEventId, RoomVersionId};
use serde_json::json;

use super::{b, told, with_bob};
use crate::{
    Error,
    receive::tests::{
        model::{Model, message, state},
        random,
        world::World,
    },
};

/// What the events of the state before an event are reached from, and the create event.
fn chain(model: &Model, event: usize) -> BTreeSet<OwnedEventId> {
    let before = &model.events[event].before;
    let mut chain = BTreeSet::new();
    let mut waiting: Vec<OwnedEventId> = before.values().cloned().collect();
    while let Some(id) = waiting.pop() {
        let named = model.fetch(&id).unwrap().auth_events().to_vec();
        waiting.extend(named.into_iter().filter(|id| chain.insert(id.clone())));
    }
    if room_id_is_create_hash(model.rules) && before.len() > 1 {
        chain.insert(model.id(0).to_owned());
    }
    chain
}

fn set(ids: &[OwnedEventId]) -> BTreeSet<OwnedEventId> {
    ids.iter().cloned().collect()
}

/// Whether he is in the room at the end, so that his server may ask.
fn ends_with_bob(model: &Model) -> bool {
    let member = ("m.room.member".into(), "@bob:b".to_owned());
    let held = model.events.last().unwrap().before.get(&member);
    held.is_some_and(|id| model.fetch(id).unwrap().content().get().contains("join"))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_state_before_each_event_is_told_with_its_auth_chain() {
    for version in [RoomVersionId::V6, RoomVersionId::V11, RoomVersionId::V12] {
        let model = (5..).map(|seed| random::room(version.clone(), seed, 40)).find(ends_with_bob).unwrap();
        World::each(&model, async |world| {
            for index in 0..model.events.len() {
                let room_id = &world.room_id;
                let ids = world.rooms.state_ids_for_server(b(), room_id, model.id(index)).await.unwrap();
                let expected: BTreeSet<OwnedEventId> = model.events[index].before.values().cloned().collect();
                assert_eq!(set(&ids.state), expected, "{version} {index}");
                assert_eq!(ids.state.len(), expected.len());
                assert_eq!(set(&ids.auth_chain), chain(&model, index), "{version} {index}");
                let whole = world.rooms.state_for_server(b(), room_id, model.id(index)).await.unwrap();
                let by_id = |events: &[_]| -> BTreeSet<OwnedEventId> {
                    told(&model, events).into_iter().map(|index| model.id(index).to_owned()).collect()
                };
                assert_eq!(by_id(&whole.state), set(&ids.state));
                assert_eq!(by_id(&whole.auth_chain), set(&ids.auth_chain));
            }
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_event_changes_is_not_yet_in_the_state_at_it() {
    let (mut model, bob) = with_bob(RoomVersionId::V11);
    let topic = model.add(&[bob], state("@alice:a", "m.room.topic", "", json!({ "topic": "new" })));
    let after = model.add(&[topic], message("@alice:a", "hello"));
    World::each(&model, async |world| {
        let at = async |index| {
            let state = world.rooms.state_for_server(b(), &world.room_id, model.id(index)).await.unwrap().state;
            told(&model, &state).contains(&topic)
        };
        assert!(!at(topic).await);
        assert!(at(after).await);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_what_has_no_place_no_state_is_known() {
    let (model, bob) = with_bob(RoomVersionId::V11);
    let world = World::of(&model).await;
    for index in 1..=bob {
        world.receive(model.event(index)).await;
    }
    let mut other = with_bob(RoomVersionId::V11).0;
    let outlier = other.build(&[bob], state("@alice:a", "m.room.topic", "", json!({ "topic": "elsewhere" })));
    world.rooms.add_outliers(&world.room_id, vec![outlier.clone()]).await.unwrap();
    let answer = world.rooms.state_ids_for_server(b(), &world.room_id, outlier.event_id()).await;
    assert!(matches!(answer, Err(Error::NotFound(_))), "{answer:?}");
    // As a part of a state it is told whole.
    let event = world.rooms.event_for_server(b(), outlier.event_id()).await.unwrap();
    assert_eq!(event.get(), outlier.json());
}
