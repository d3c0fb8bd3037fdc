//! Events that arrive late: from branches of a room that left it long ago, and those that were known before.

use std::sync::Arc;

use ruma::{EventId, RoomId};
use serde_json::{Value, json};
use store::rooms::{
    Append, EventRow, Membership, RoomRow, StoredEvent, event_by_id, events_by_nid, members_of_room, room_by_id,
};

use crate::{
    client::{bodies, joined, types},
    world::World,
};

/// Flags of an event (see `store::rooms::EventFlags`).
const OUTLIER: i16 = 1;
const REJECTED: i16 = 2;

async fn stored(world: &World, room: &RoomId, event: &EventId) -> (RoomRow, StoredEvent) {
    let (room, event) = (room.to_string(), event.to_string());
    world
        .store
        .read(move |conn| {
            let room = room_by_id(conn, &room)?.unwrap();
            let event = event_by_id(conn, room.nid, &event)?.unwrap();
            Ok((room, event))
        })
        .await
        .unwrap()
}

fn id_of(event: &StoredEvent) -> ruma::OwnedEventId {
    EventId::parse(event.event_id.as_str()).unwrap()
}

/// A copy of an event as if it were another one, with another text and flags.
async fn copy(world: &World, of: &StoredEvent, id: &str, body: &str, flags: i16) -> EventRow {
    let json = of.json.replace("early", body);
    let nid = world.store.next_nid();
    EventRow { nid, event_id: id.into(), flags, txn_id: None, device_id: None, json, ..(*of.row).clone() }
}

async fn append(world: &World, room: RoomRow, event: EventRow, backfilled: bool) {
    let append = Append { events: vec![Arc::new(event)], backfilled, ..Append::new(room) };
    world.store.append(append).await.unwrap();
}

/// A room whose past only those know who were there.
async fn private_past(world: &World) -> ruma::OwnedRoomId {
    let visibility =
        json!({ "type": "m.room.history_visibility", "state_key": "", "content": { "history_visibility": "joined" } });
    world.room_with("alice", json!({ "preset": "public_chat", "initial_state": [visibility] })).await
}

#[tokio::test]
async fn what_was_said_before_a_join_stays_hidden_however_late_it_comes() {
    let world = World::new().await;
    let mut bob = world.client("bob").await;
    let room = private_past(&world).await;
    let early = world.say(&room, "alice", "early").await;
    world.join(&room, "bob").await;
    let hello = world.say(&room, "alice", "hello").await;
    bob.sync().await;

    let (row, early) = stored(&world, &room, &early).await;
    let late = copy(&world, &early, "$late", "late", 0).await;
    append(&world, row, late, false).await;
    let (row, hello) = stored(&world, &room, &hello).await;
    let goodbye =
        EventRow { json: hello.json.replace("hello", "goodbye"), ..copy(&world, &hello, "$bye", "", 0).await };
    append(&world, row, goodbye, false).await;
    let answer = bob.sync().await;
    assert_eq!(bodies(joined(&answer, &room)), ["goodbye"]);
    let answer = bob.fresh().sync().await;
    assert_eq!(bodies(joined(&answer, &room)), ["hello", "goodbye"]);
}

#[tokio::test]
async fn a_rejected_join_is_no_join() {
    let world = World::new().await;
    let mut bob = world.client("bob").await;
    let room = private_past(&world).await;
    world.join(&room, "bob").await;
    let join = membership_of_bob(&world, &room).await;
    world.leave(&room, "bob").await;
    let early = world.say(&room, "alice", "early").await;
    world.join(&room, "bob").await;
    world.say(&room, "alice", "hello").await;
    let (row, early) = stored(&world, &room, &early).await;
    let rejected = EventRow {
        state_before: early.state_after,
        state_after: early.state_after,
        depth: early.depth + 1,
        ..copy(&world, &join, "$rejected", "", REJECTED).await
    };
    append(&world, row, rejected, false).await;
    let (row, _) = stored(&world, &room, &id_of(&early)).await;
    let secret = copy(&world, &early, "$secret", "secret", 0).await;
    append(&world, row, secret, false).await;
    assert_eq!(bodies(joined(&bob.sync().await, &room)), ["hello"]);
}

async fn membership_of_bob(world: &World, room: &RoomId) -> StoredEvent {
    let room_id = room.to_string();
    let read = world.store.read(move |conn| {
        let room = room_by_id(conn, &room_id)?.unwrap();
        let members = members_of_room(conn, room.nid, &[Membership::Join])?;
        let event = members.into_iter().find(|member| member.user_id == "@bob:test").unwrap().event;
        Ok(events_by_nid(conn, &[event])?.pop().unwrap())
    });
    read.await.unwrap()
}

#[tokio::test]
async fn an_outlier_is_told_once_it_has_its_place() {
    let world = World::new().await;
    let mut alice = world.client("alice").await;
    let room = world.room("alice").await;
    let early = world.say(&room, "alice", "early").await;
    let (row, early) = stored(&world, &room, &early).await;
    let outlier = copy(&world, &early, "$outlier", "from afar", OUTLIER).await;
    append(&world, row, outlier.clone(), true).await;
    // Another event refers to it, so that it is looked at before it has a place.
    let (row, _) = stored(&world, &room, &id_of(&early)).await;
    let redacted = EventRow { redacted_by: Some(outlier.nid), ..copy(&world, &early, "$other", "other", 0).await };
    append(&world, row, redacted, false).await;
    assert_eq!(bodies(joined(&alice.sync().await, &room)), ["early", "other"]);

    let (row, _) = stored(&world, &room, &id_of(&early)).await;
    append(&world, row, EventRow { flags: 0, ..outlier }, false).await;
    assert_eq!(bodies(joined(&alice.sync().await, &room)), ["from afar"]);
}

#[tokio::test]
async fn events_that_only_join_branches_are_not_told() {
    let world = World::new().await;
    let mut alice = world.client("alice").await;
    let room = world.room("alice").await;
    alice.sync().await;
    world.send(&room, "alice", "org.matrix.dummy_event", json!({})).await;
    let answer = alice.sync().await;
    assert_eq!(answer.get("rooms"), None);
    world.say(&room, "alice", "hello").await;
    let answer = alice.sync().await;
    assert_eq!(types(&joined(&answer, &room)["timeline"]), ["m.room.message"]);
    let answer: Value = alice.fresh().sync().await;
    assert!(!answer.to_string().contains("dummy"));
}
