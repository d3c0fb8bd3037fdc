//! The current state changes without an event of the timeline saying so: state resolution does that.

use std::sync::Arc;

use store::{
    rooms::{Append, EventRow, StateChange, event_by_id, room_by_id},
    sync::basic_state,
};
use sync::StateForm;

use crate::{
    client::{joined, types},
    world::World,
};

/// Appends a message with which the topic goes back to an older one, and a soft-failed one.
async fn go_back(world: &World, room_id: &ruma::RoomId, said: &str, to: &str) {
    let (room_id, said, to) = (room_id.to_string(), said.to_owned(), to.to_owned());
    let (room, said, to, topic) = world
        .store
        .read(move |conn| {
            let room = room_by_id(conn, &room_id)?.unwrap();
            let said = event_by_id(conn, room.nid, &said)?.unwrap();
            let to = event_by_id(conn, room.nid, &to)?.unwrap();
            let state = basic_state(conn, &[room.nid])?;
            let topic = state.into_iter().find(|(_, kind, ..)| kind == "m.room.topic").unwrap().3;
            Ok((room, said, to.nid, topic))
        })
        .await
        .unwrap();
    let message = |n: i64, flags| {
        Arc::new(EventRow {
            nid: world.store.next_nid(),
            depth: said.depth + n,
            event_id: format!("$copy{n}"),
            flags,
            txn_id: None,
            device_id: None,
            ..(*said.row).clone()
        })
    };
    let change = StateChange {
        at: 0,
        event_type: "m.room.topic".into(),
        state_key: String::new(),
        event: Some(to),
        replaced: Some(topic),
    };
    let room = store::rooms::RoomRow { state: said.state_before, ..room };
    let append = Append { events: vec![message(1, 0), message(2, 4)], changes: vec![change], ..Append::new(room) };
    world.store.append(append).await.unwrap();
}

#[tokio::test]
async fn what_state_resolution_changed_stands_in_the_state() {
    let world = World::new().await;
    let mut alice = world.client("alice").await;
    let mut after = alice.fresh();
    after.form = StateForm::After;
    let room = world.room("alice").await;
    let old = world.topic(&room, "alice", "old").await;
    let said = world.say(&room, "alice", "said").await;
    world.topic(&room, "alice", "new").await;
    alice.sync().await;
    after.sync().await;
    go_back(&world, &room, said.as_str(), old.as_str()).await;
    let answer = alice.sync().await;
    let told = joined(&answer, &room);
    // The soft-failed event is not told.
    assert_eq!(told["timeline"]["events"].as_array().unwrap().len(), 1);
    assert_eq!(types(&told["state"]), ["m.room.topic"]);
    assert_eq!(told["state"]["events"][0]["event_id"], old.as_str());
    let answer = after.sync().await;
    assert_eq!(types(&joined(&answer, &room)["state_after"]), ["m.room.topic"]);
    assert_eq!(after.joined, alice.joined);

    let mut fresh = alice.fresh();
    fresh.filter = crate::client::limit(1);
    fresh.sync().await;
    assert_eq!(fresh.joined, alice.joined);
}
