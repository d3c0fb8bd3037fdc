//! Events that do not come one after the other: late ones of a fork, history that arrives afterwards, and what must
//! never be seen.

use std::sync::Arc;

use ruma::{EventId, OwnedEventId, RoomId, api::client::filter::RoomEventFilter};
use store::rooms::{Append, EventFlags, EventRow, event_by_id, room_by_id};

use super::world::{World, backward, bodies, forward, raw_bodies, reader, user, worlds};
use crate::{Error, read::Token};

/// Puts an event into a room that is like another one, but says `body` and is changed as told.
async fn insert(
    world: &World,
    room: &RoomId,
    like: &EventId,
    body: &str,
    backfilled: bool,
    change: impl FnOnce(&mut EventRow),
) -> OwnedEventId {
    let (room_id, like) = (room.to_owned(), like.to_owned());
    let read = world.rooms.store().read(move |conn| {
        let room = room_by_id(conn, room_id.as_str())?.unwrap();
        let event = event_by_id(conn, room.nid, like.as_str())?.unwrap();
        Ok((room, event))
    });
    let (room, like) = read.await.unwrap();
    let mut row = EventRow::clone(&like);
    row.nid = world.rooms.store().next_nid();
    row.event_id = format!("$odd{}", row.nid);
    row.txn_id = None;
    let said = format!("\"body\":\"{body}\"");
    row.json = row.json.replace("\"body\":\"like\"", &said);
    assert!(row.json.contains(&said));
    change(&mut row);
    let id = EventId::parse(&row.event_id).unwrap();
    let append = Append { events: vec![Arc::new(row)], backfilled, ..Append::new(room) };
    world.rooms.store().append(append).await.unwrap();
    id
}

fn now(world: &World) -> Token {
    Token::Arrival(world.rooms.store().position())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_event_of_a_fork_is_lost_to_no_token() {
    worlds(async |world| {
        let room = world.public_room().await;
        let like = world.say(&room, "alice", "like").await;
        for n in 0..5 {
            world.say(&room, "alice", &n.to_string()).await;
        }
        let before = now(&world);
        insert(&world, &room, &like, "late", false, |row| row.depth += 1).await;
        let after = now(&world);
        let alice = reader("alice");
        // In the history it stands where its depth puts it.
        let history = bodies(&world.history(&room, &alice).await.unwrap());
        assert_eq!(history, ["like", "0", "late", "1", "2", "3", "4"]);
        let page = world.rooms.messages(&alice, &room, backward(Some(after), 100)).await.unwrap();
        assert_eq!(raw_bodies(&page.chunk), ["4", "3", "2", "1", "late", "0", "like"]);
        let page = world.rooms.messages(&alice, &room, backward(Some(before), 100)).await.unwrap();
        assert_eq!(raw_bodies(&page.chunk), ["4", "3", "2", "1", "0", "like"]);
        // A sync that ended before it goes on with it.
        let page = world.rooms.messages(&alice, &room, forward(Some(before), 100)).await.unwrap();
        assert_eq!(raw_bodies(&page.chunk), ["late"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn history_that_arrives_late_is_old() {
    worlds(async |world| {
        let room = world.public_room().await;
        let like = world.say(&room, "alice", "like").await;
        world.join(&room, "bob").await;
        world.leave(&room, "bob").await;
        world.say(&room, "alice", "secret").await;
        for body in ["older", "oldest"] {
            insert(&world, &room, &like, body, true, |row| row.depth = 0).await;
        }
        let history = bodies(&world.history(&room, &reader("alice")).await.unwrap());
        assert_eq!(history, ["oldest", "older", "like", "secret"]);
        let history = bodies(&world.history(&room, &reader("bob")).await.unwrap());
        assert_eq!(history, ["oldest", "older", "like"]);
        let page = world.rooms.messages(&reader("bob"), &room, backward(Some(Token::Arrival(0)), 10)).await.unwrap();
        assert_eq!(raw_bodies(&page.chunk), ["older", "oldest"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rejected_soft_failed_and_outlying_events_are_never_seen() {
    worlds(async |world| {
        let room = world.public_room().await;
        let like = world.say(&room, "alice", "like").await;
        let alice = reader("alice");
        for flag in [EventFlags::OUTLIER, EventFlags::REJECTED, EventFlags::SOFT_FAILED] {
            let id = insert(&world, &room, &like, "hidden", false, |row| {
                row.flags = flag.0;
                row.depth += 1;
                row.origin_server_ts += 5;
            })
            .await;
            assert!(matches!(world.rooms.event(&alice, &room, &id).await, Err(Error::NotFound(_))));
            let context = world.rooms.context(&alice, &room, &id, 5, RoomEventFilter::default()).await;
            assert!(matches!(context, Err(Error::NotFound(_))));
        }
        assert_eq!(bodies(&world.history(&room, &alice).await.unwrap()), ["like"]);
        let (closest, _) = world.rooms.timestamp_to_event(&alice, &room, i64::MAX, true).await.unwrap();
        assert_eq!(closest, like);
        // A page full of them is no end.
        for _ in 0..20 {
            insert(&world, &room, &like, "hidden", false, |row| {
                row.flags = EventFlags::SOFT_FAILED.0;
                row.depth += 1;
            })
            .await;
        }
        let page = world.last(&room, "alice", 2).await.unwrap();
        assert_eq!(page.chunk.len(), 2);
        assert!(page.end.is_some());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lane_whose_room_has_moved_on_begins_anew() {
    worlds(async |world| {
        let room = world.public_room().await;
        let like = world.say(&room, "alice", "like").await;
        for round in 0..3 {
            insert(&world, &room, &like, &format!("odd {round}"), false, |_| ()).await;
            world.say(&room, "alice", &format!("then {round}")).await;
        }
        let history = world.history(&room, &reader("alice")).await.unwrap();
        assert_eq!(bodies(&history).iter().filter(|body| body.starts_with("then")).count(), 3);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn events_for_the_graph_alone_are_not_shown() {
    worlds(async |world| {
        let room = world.public_room().await;
        let dummy = world.send(&room, "alice", crate::read::DUMMY_EVENT, serde_json::json!({})).await;
        let said = world.say(&room, "alice", "hello").await;
        let alice = reader("alice");
        let history = world.history(&room, &alice).await.unwrap();
        assert_eq!(history.last().unwrap()["event_id"], said.as_str());
        assert!(history.iter().all(|event| event["event_id"] != dummy.as_str()));
        assert!(matches!(world.rooms.event(&alice, &room, &dummy).await, Err(Error::NotFound(_))));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_name_has_a_zero_byte() {
    worlds(async |world| {
        let room = world.public_room().await;
        let content = serde_json::value::to_raw_value(&serde_json::json!({ "a": "\0" })).unwrap();
        for (kind, key) in [("a\0b", ""), ("org.example", "a\0b"), ("\0", "\0")] {
            let refused = world.rooms.send_state(&room, &user("alice"), kind.into(), key, &content, None).await;
            assert!(matches!(refused, Err(Error::InvalidParam(_))), "{refused:?}");
        }
        // In a content it may stand, and what is copied out of there can be kept.
        world.rooms.send_state(&room, &user("alice"), "org.example".into(), "", &content, None).await.unwrap();
        let named = serde_json::json!({ "membership": "join", "displayname": "A\0lice" });
        world.set(&room, "alice", "m.room.member", user("alice").as_str(), named).await;
    })
    .await;
}
