use ruma::{EventId, OwnedEventId, RoomId, event_id};
use serde_json::{Value, json};
use store::receipts::of_user;

use super::*;
use crate::{
    Error, Result,
    read::tests::world::{World, user, worlds},
};

fn receipt(kind: ReceiptKind, event_id: &EventId, thread: Thread) -> ReadUpTo {
    ReadUpTo { receipts: vec![Receipt { kind, event_id: event_id.to_owned(), thread }], fully_read: None }
}

async fn read(world: &World, name: &str, room: &RoomId, event_id: &EventId, thread: Thread) -> Result<()> {
    world.rooms.mark_read(&user(name), room, receipt(ReceiptKind::Public, event_id, thread)).await
}

/// (kind, thread, event) of what bob has read.
async fn known(world: &World, room: &RoomId) -> Vec<(i16, String, String)> {
    let nid = world.rooms.room(room).await.unwrap().nid;
    let rows = world.rooms.store().read(move |conn| of_user(conn, "@bob:test", &[nid])).await.unwrap();
    let mut rows: Vec<_> = rows.into_iter().map(|row| (row.kind, row.thread, row.event_id)).collect();
    rows.sort();
    rows
}

async fn marker(world: &World, room: &RoomId) -> Option<Value> {
    let content = world.rooms.inner.accounts.account_data(&user("bob"), Some(room), "m.fully_read").await.ok()?;
    Some(serde_json::from_str::<Value>(&content).unwrap()["event_id"].clone())
}

async fn reply(world: &World, room: &RoomId, rel_type: &str, to: &EventId) -> OwnedEventId {
    let content = json!({ "body": "b", "m.relates_to": { "rel_type": rel_type, "event_id": to, "key": "k" } });
    world.send(room, "alice", "m.room.message", content).await
}

#[tokio::test]
async fn what_is_read_stays_read() {
    worlds(async |world| {
        let room = world.public_room().await;
        world.join(&room, "bob").await;
        let (one, two) = (world.say(&room, "alice", "1").await, world.say(&room, "alice", "2").await);
        let all = ReadUpTo {
            receipts: vec![
                Receipt { kind: ReceiptKind::Public, event_id: one.clone(), thread: Thread::Unthreaded },
                Receipt { kind: ReceiptKind::Private, event_id: two.clone(), thread: Thread::Unthreaded },
            ],
            fully_read: Some(two.clone()),
        };
        world.rooms.mark_read(&user("bob"), &room, all.clone()).await.unwrap();
        let rows = |first: &OwnedEventId| vec![(1, "".into(), first.to_string()), (2, "".into(), two.to_string())];
        assert_eq!(known(&world, &room).await, rows(&one));
        assert_eq!(marker(&world, &room).await, Some(json!(two)));
        // Again, and back: nothing is written.
        let position = world.rooms.store().position();
        world.rooms.mark_read(&user("bob"), &room, all).await.unwrap();
        let back =
            ReadUpTo { fully_read: Some(one.clone()), ..receipt(ReceiptKind::Private, &one, Thread::Unthreaded) };
        world.rooms.mark_read(&user("bob"), &room, back).await.unwrap();
        assert_eq!((world.rooms.store().position(), marker(&world, &room).await), (position, Some(json!(two))));
        read(&world, "bob", &room, &two, Thread::Unthreaded).await.unwrap();
        assert_eq!(known(&world, &room).await, rows(&two));
    })
    .await;
}

#[tokio::test]
async fn only_what_one_sees_can_be_read() {
    worlds(async |world| {
        let (room, elsewhere) = (world.public_room().await, world.public_room().await);
        world.set_visibility(&room, "joined").await;
        let before = world.say(&room, "alice", "before").await;
        world.join(&room, "bob").await;
        let here = world.say(&room, "alice", "here").await;
        let there = world.say(&elsewhere, "alice", "there").await;
        for hidden in [&*before, &*there, event_id!("$nowhere")] {
            let refused = read(&world, "bob", &room, hidden, Thread::Unthreaded).await;
            assert!(matches!(refused, Err(Error::NotFound(_))), "{hidden}: {refused:?}");
            let marker = ReadUpTo { fully_read: Some(hidden.to_owned()), ..ReadUpTo::default() };
            assert!(world.rooms.mark_read(&user("bob"), &room, marker).await.is_err());
        }
        for room in [&*room, ruma::room_id!("!nowhere:test")] {
            let refused = read(&world, "carol", room, &here, Thread::Unthreaded).await;
            assert!(matches!(refused, Err(Error::Forbidden(_))), "{refused:?}");
        }
        // One that is refused lets none through.
        let mut both = receipt(ReceiptKind::Public, &here, Thread::Unthreaded);
        both.fully_read = Some(before);
        assert!(world.rooms.mark_read(&user("bob"), &room, both).await.is_err());
        assert_eq!((known(&world, &room).await, marker(&world, &room).await), (vec![], None));
    })
    .await;
}

#[tokio::test]
async fn a_thread_takes_what_is_in_it() {
    worlds(async |world| {
        let room = world.public_room().await;
        world.join(&room, "bob").await;
        let root = world.say(&room, "alice", "root").await;
        let inside = reply(&world, &room, "m.thread", &root).await;
        let about_inside = reply(&world, &room, "m.annotation", &inside).await;
        let about_root = reply(&world, &room, "m.annotation", &root).await;
        let outside = world.say(&room, "alice", "outside").await;
        let thread = |root: &OwnedEventId| Thread::Root(root.clone());
        for (event, place, fits) in [
            (&root, Thread::Main, true),
            (&root, thread(&root), true),
            (&inside, thread(&root), true),
            (&inside, Thread::Main, false),
            (&inside, thread(&inside), false),
            (&about_inside, thread(&root), true),
            (&about_inside, Thread::Main, false),
            (&about_root, Thread::Main, true),
            (&outside, Thread::Main, true),
            (&outside, thread(&root), false),
            (&outside, Thread::Unthreaded, true),
        ] {
            let outcome = read(&world, "bob", &room, event, place.clone()).await;
            match outcome {
                Ok(()) => assert!(fits, "{event} {place:?}"),
                Err(Error::InvalidParam(_)) => assert!(!fits, "{event} {place:?}"),
                Err(other) => panic!("{other}"),
            }
        }
        let rows = [("", &outside), (root.as_str(), &about_inside), ("main", &outside)];
        assert_eq!(known(&world, &room).await, rows.map(|(thread, event)| (1, thread.into(), event.to_string())));
    })
    .await;
}

#[tokio::test]
async fn another_server_tells_how_far_its_users_have_read() {
    worlds(async |world| {
        let room = world.public_room().await;
        world.join(&room, "bob").await;
        let (one, two) = (world.say(&room, "alice", "1").await, world.say(&room, "alice", "2").await);
        let tell = async |name: &str, event_ids: &[&EventId], thread: Thread| {
            let event_ids = event_ids.iter().map(|id| (*id).to_owned()).collect();
            let receipt = ForeignReceipt { user_id: user(name), event_ids, thread, ts: Some(-1) };
            world.rooms.receive_receipts(&room, vec![receipt]).await.unwrap();
        };
        let unknown = event_id!("$unknown");
        tell("bob", &[unknown], Thread::Unthreaded).await;
        tell("carol", &[&one], Thread::Unthreaded).await;
        assert_eq!(known(&world, &room).await, []);
        let nid = world.rooms.room(&room).await.unwrap().nid;
        let carols = world.rooms.store().read(move |conn| of_user(conn, "@carol:test", &[nid])).await.unwrap();
        assert_eq!(carols, [], "she is not in the room");

        tell("bob", &[&two, unknown, &one], Thread::Unthreaded).await;
        tell("bob", &[&one], Thread::Unthreaded).await;
        tell("bob", &[&one], Thread::Main).await;
        let row = |thread: &str, event: &OwnedEventId| (1, thread.to_owned(), event.to_string());
        assert_eq!(known(&world, &room).await, [row("", &two), row("main", &one)]);
        let elsewhere = world.rooms.receive_receipts(ruma::room_id!("!elsewhere:test"), Vec::new()).await;
        assert!(matches!(elsewhere, Err(Error::NotFound(_))));
    })
    .await;
}
