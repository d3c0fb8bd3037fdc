//! What goes out to other servers: our own events and those that were handed to us for that, once others are there.

use ruma::RoomVersionId;
use serde_json::json;
use store::{
    federation::outgoing,
    rooms::{EventFlags, events_by_nid},
};

use super::{
    model::{Model, member, message, user},
    world::World,
};
use crate::lane::Proposal;

/// The events that server b is to be sent, and their flags.
async fn for_bob(world: &World) -> Vec<(String, i16)> {
    let due = world.rooms.store().snapshot(|conn, end| {
        let due = outgoing::due(conn, "b", (0, end), 50)?;
        let nids: Vec<i64> = due.rows.iter().map(|row| row.event).collect();
        let mut events = events_by_nid(conn, &nids)?;
        events.sort_by_key(|event| event.position);
        Ok(events.iter().map(|event| (event.event_id.clone(), event.flags)).collect())
    });
    due.await.unwrap()
}

async fn say(world: &World) -> String {
    let content = events::canonical::object_from(&json!({ "body": "hello" })).unwrap();
    let proposal = Proposal::message(user("@alice:a"), "m.room.message".into(), content);
    let room = world.row().await.nid;
    world.rooms.propose_one(room, proposal).await.unwrap().event_id.to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn our_own_events_go_out_once_others_are_there() {
    let mut model = Model::new(RoomVersionId::V11);
    let join = model.add(&[3], member("@bob:b", "@bob:b", "join"));
    let other = model.add(&[join], message("@bob:b", "of bob's"));
    let world = World::of(&model).await;
    for event in 1..=3 {
        world.receive(model.event(event)).await;
    }
    say(&world).await;
    assert!(!world.rooms.server_in_room(&world.room_id, "b".try_into().unwrap()).await.unwrap());
    assert_eq!(for_bob(&world).await, []);
    world.rooms.relay(&world.room_id, model.event(join).clone()).await.unwrap();
    assert_eq!(world.rooms.servers_of(&world.room_id).await.unwrap(), ["b"]);
    world.receive(model.event(other)).await;
    let said = say(&world).await;
    let join = (model.id(join).to_string(), EventFlags::RELAYED.0);
    assert_eq!(for_bob(&world).await, [join, (said, 0)]);
}
