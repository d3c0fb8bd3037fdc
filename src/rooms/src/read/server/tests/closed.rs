//! Who is not in a room learns nothing of it, by whatever request.

use ruma::{OwnedRoomId, RoomId, RoomVersionId, ServerName, server_name};
use serde_json::{json, value::to_raw_value};

use super::{b, ids, with_bob};
use crate::{
    Error,
    read::MissingEvents,
    receive::tests::{
        model::{Model, member, message, state, user},
        world::World,
    },
};

fn missing(model: &Model, latest: usize) -> MissingEvents {
    MissingEvents { earliest: Vec::new(), latest: ids(model, [latest]), limit: 10, min_depth: 0 }
}

/// Asks for everything at an event, by each request; says which of them told anything.
async fn told(world: &World, server: &ServerName, room_id: &RoomId, model: &Model, event: usize) -> Vec<&'static str> {
    let (rooms, id) = (&world.rooms, model.id(event));
    let mut told = Vec::new();
    let mut ask = |name, outcome: Result<bool, Error>| match outcome {
        Ok(true) => told.push(name),
        Ok(false) | Err(Error::Forbidden(_) | Error::NotFound(_)) => {}
        Err(error) => panic!("{name}: {error}"),
    };
    ask("state", rooms.state_for_server(server, room_id, id).await.map(|_| true));
    ask("state_ids", rooms.state_ids_for_server(server, room_id, id).await.map(|_| true));
    ask("event_auth", rooms.event_auth_for_server(server, room_id, id).await.map(|_| true));
    let events = rooms.backfill_for_server(server, room_id, ids(model, [event]), 10).await;
    ask("backfill", events.map(|events| !events.is_empty()));
    let events = rooms.missing_events_for_server(server, room_id, missing(model, event)).await;
    ask("get_missing_events", events.map(|events| !events.is_empty()));
    ask("timestamp_to_event", rooms.timestamp_for_server(server, room_id, 0, false).await.map(|_| true));
    ask("event", rooms.event_for_server(server, id).await.map(|_| true));
    told
}

const ALL: [&str; 7] =
    ["state", "state_ids", "event_auth", "backfill", "get_missing_events", "timestamp_to_event", "event"];

#[tokio::test(flavor = "multi_thread")]
async fn only_a_server_in_the_room_is_told_anything() {
    let (mut model, bob) = with_bob(RoomVersionId::V11);
    let invite = model.add(&[bob], member("@alice:a", "@carol:c", "invite"));
    let said = model.add(&[invite], message("@alice:a", "hello"));
    let left = model.add(&[said], member("@bob:b", "@bob:b", "leave"));
    let world = World::of(&model).await;
    for index in 1..=said {
        world.receive(model.event(index)).await;
    }
    assert_eq!(told(&world, b(), &world.room_id, &model, said).await, ALL);
    assert!(told(&world, server_name!("c"), &world.room_id, &model, said).await.is_empty());
    assert!(told(&world, server_name!("b:8448"), &world.room_id, &model, said).await.is_empty());
    let unknown: OwnedRoomId = RoomId::parse("!unknown:a").unwrap();
    assert_eq!(told(&world, b(), &unknown, &model, said).await, ["event"]);
    world.receive(model.event(left)).await;
    assert!(told(&world, b(), &world.room_id, &model, said).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_acl_shuts_a_server_out_that_is_in_the_room() {
    let (mut model, bob) = with_bob(RoomVersionId::V11);
    let acl = |deny| state("@alice:a", "m.room.server_acl", "", json!({ "allow": ["*"], "deny": [deny] }));
    let denied = model.add(&[bob], acl("B"));
    let other = model.add(&[denied], acl("c"));
    let world = World::of(&model).await;
    for index in 1..=denied {
        world.receive(model.event(index)).await;
    }
    assert!(told(&world, b(), &world.room_id, &model, bob).await.is_empty());
    assert!(!world.rooms.acl_allows(&world.room_id, b()).await.unwrap());
    assert!(world.rooms.acl_allows(&world.room_id, server_name!("c")).await.unwrap());
    world.receive(model.event(other)).await;
    assert_eq!(told(&world, b(), &world.room_id, &model, bob).await, ALL);
    assert!(!world.rooms.acl_allows(&world.room_id, server_name!("c")).await.unwrap());
    let unknown = RoomId::parse("!unknown:a").unwrap();
    assert!(world.rooms.acl_allows(&unknown, server_name!("c")).await.unwrap());
}

/// tuwunel 1.9 and continuwuity SEC26: the event was looked up by its id alone, so that a server could read a room that
/// it was not in by naming one that it was in.
#[tokio::test(flavor = "multi_thread")]
async fn tuwunel_1_9_state_leak_an_event_of_another_room_is_no_event_of_this_one() {
    let (mut model, bob) = with_bob(RoomVersionId::V11);
    let said = model.add(&[bob], message("@alice:a", "hello"));
    World::each(&model, async |world| {
        let alice = user("@alice:a");
        let secret = world.rooms.create(&alice, serde_json::from_value(json!({})).unwrap()).await.unwrap();
        let content = to_raw_value(&json!({ "topic": "secret" })).unwrap();
        let event = world.rooms.send_state(&secret, &alice, "m.room.topic".into(), "", &content, None).await.unwrap();
        let (rooms, here, id) = (&world.rooms, &world.room_id, &event.event_id);
        for room_id in [here, &secret] {
            let state = rooms.state_for_server(b(), room_id, id).await;
            assert!(matches!(state, Err(Error::NotFound(_) | Error::Forbidden(_))), "{state:?}");
            let state = rooms.state_ids_for_server(b(), room_id, id).await;
            assert!(matches!(state, Err(Error::NotFound(_) | Error::Forbidden(_))), "{state:?}");
            let chain = rooms.event_auth_for_server(b(), room_id, id).await;
            assert!(matches!(chain, Err(Error::NotFound(_) | Error::Forbidden(_))), "{chain:?}");
        }
        let both = vec![id.clone(), model.id(said).to_owned()];
        let events = rooms.backfill_for_server(b(), here, both.clone(), 1).await.unwrap();
        assert_eq!(super::told(&model, &events), [said]);
        let missing = MissingEvents { earliest: Vec::new(), latest: both, limit: 1, min_depth: 0 };
        let events = rooms.missing_events_for_server(b(), here, missing).await.unwrap();
        assert_eq!(super::told(&model, &events), [bob]);
        assert!(matches!(rooms.event_for_server(b(), id).await, Err(Error::NotFound(_))));
    })
    .await;
}
