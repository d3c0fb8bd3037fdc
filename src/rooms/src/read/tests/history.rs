//! Paging, context, time.

use ruma::{EventId, api::client::filter::RoomEventFilter};
use serde_json::{Value, json};

use super::world::{World, backward, forward, raw_bodies, reader, user, value, worlds};
use crate::{
    Error,
    read::{PageRequest, Token},
};

fn filter(json: Value) -> RoomEventFilter {
    serde_json::from_value(json).unwrap()
}

async fn talk(world: &World, number: usize) -> ruma::OwnedRoomId {
    let room = world.public_room().await;
    for n in 0..number {
        world.say(&room, "alice", &n.to_string()).await;
    }
    room
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_join_without_gap_in_both_directions() {
    worlds(async |world| {
        let room = talk(&world, 10).await;
        let all = world.history(&room, &reader("alice")).await.unwrap();
        for limit in [1, 2, 7, 100] {
            let mut found = Vec::new();
            let mut from = None;
            loop {
                let page = world.rooms.messages(&reader("alice"), &room, forward(from, limit)).await.unwrap();
                assert!(page.chunk.len() <= limit);
                if let Some(from) = from {
                    assert_eq!(page.start, from);
                }
                found.extend(page.chunk.iter().map(|event| value(event)));
                from = page.end;
                if from.is_none() {
                    break;
                }
            }
            assert_eq!(found, all, "{limit}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_token_is_absent_at_the_end() {
    worlds(async |world| {
        let room = talk(&world, 3).await;
        let total = world.history(&room, &reader("alice")).await.unwrap().len();
        let page = world.last(&room, "alice", total).await.unwrap();
        assert_eq!((page.chunk.len(), page.end), (total, None));
        let page = world.last(&room, "alice", total - 1).await.unwrap();
        let rest = world.rooms.messages(&reader("alice"), &room, backward(page.end, 10)).await.unwrap();
        assert_eq!((rest.chunk.len(), rest.end), (1, None));
        assert_eq!(value(&rest.chunk[0])["type"], "m.room.create");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_of_sync_are_points_of_arrival() {
    worlds(async |world| {
        let room = talk(&world, 3).await;
        let then = Token::Arrival(world.rooms.store().position());
        world.say(&room, "alice", "new").await;
        world.say(&room, "alice", "newest").await;
        let page =
            |request: PageRequest| async { world.rooms.messages(&reader("alice"), &room, request).await.unwrap() };
        assert_eq!(raw_bodies(&page(backward(Some(then), 2)).await.chunk), ["2", "1"]);
        assert_eq!(raw_bodies(&page(forward(Some(then), 10)).await.chunk), ["new", "newest"]);
        let to = page(PageRequest { to: Some(then), ..backward(None, 10) }).await;
        assert_eq!((raw_bodies(&to.chunk), to.end), (vec!["newest".to_owned(), "new".to_owned()], None));
        let to = page(PageRequest { to: Some(then), ..forward(None, 100) }).await;
        assert_eq!(raw_bodies(&to.chunk), ["0", "1", "2"]);
        let now = Token::Arrival(world.rooms.store().position());
        let end = page(forward(Some(now), 10)).await;
        assert_eq!((end.chunk.len(), end.end), (0, None));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_and_limits() {
    worlds(async |world| {
        let room = talk(&world, 5).await;
        world.join(&room, "bob").await;
        world.say(&room, "bob", "hello").await;
        world
            .send(
                &room,
                "bob",
                "m.room.message",
                json!({ "msgtype": "m.image", "body": "picture", "url": "mxc://a/b" }),
            )
            .await;
        for (json, expected) in [
            (json!({ "senders": ["@bob:test"], "types": ["m.room.message"] }), vec!["picture", "hello"]),
            (json!({ "not_senders": ["@alice:test"] }), vec!["picture", "hello"]),
            (json!({ "contains_url": true }), vec!["picture"]),
            (json!({ "contains_url": false, "limit": 2 }), vec!["hello"]),
            (json!({ "types": ["m.*.message"], "limit": 3 }), vec!["picture", "hello", "4"]),
            (json!({ "not_types": ["m.room.mess*"] }), vec![]),
            (json!({ "types": [] }), vec![]),
            (json!({ "rooms": ["!other:test"] }), vec![]),
            (json!({ "not_rooms": [room.as_str()] }), vec![]),
        ] {
            let request = PageRequest { filter: filter(json.clone()), ..backward(None, 100) };
            let page = world.rooms.messages(&reader("alice"), &room, request).await.unwrap();
            assert_eq!(raw_bodies(&page.chunk), expected, "{json}");
        }
        let none = world.last(&room, "alice", 0).await.unwrap();
        assert_eq!((none.chunk.len(), none.end), (0, Some(none.start)));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lazy_members_are_those_of_the_senders() {
    worlds(async |world| {
        let room = world.public_room().await;
        world.join(&room, "bob").await;
        world.join(&room, "carol").await;
        world.say(&room, "bob", "hello").await;
        world.say(&room, "alice", "hello").await;
        let lazy = filter(json!({ "lazy_load_members": true }));
        let request = PageRequest { filter: lazy.clone(), ..backward(None, 2) };
        let page = world.rooms.messages(&reader("alice"), &room, request).await.unwrap();
        let mut members: Vec<Value> = page.state.iter().map(|event| value(event)["state_key"].clone()).collect();
        members.sort_by_key(Value::to_string);
        assert_eq!(members, ["@alice:test", "@bob:test"]);
        assert!(world.last(&room, "alice", 2).await.unwrap().state.is_empty());

        let event = EventId::parse(value(&page.chunk[1])["event_id"].as_str().unwrap()).unwrap();
        let context = world.rooms.context(&reader("alice"), &room, &event, 0, lazy).await.unwrap();
        let state: Vec<Value> = context.state.iter().map(|event| value(event)).collect();
        let members: Vec<&Value> = state.iter().filter(|event| event["type"] == "m.room.member").collect();
        assert_eq!(members.len(), 1);
        assert_eq!(members[0]["state_key"], "@bob:test");
        assert!(state.iter().any(|event| event["type"] == "m.room.create"));
        assert!(state.iter().any(|event| event["type"] == "m.room.power_levels"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn context_surrounds_its_event() {
    worlds(async |world| {
        let room = world.public_room().await;
        let mut ids = Vec::new();
        for n in 0..9 {
            ids.push(world.say(&room, "alice", &n.to_string()).await);
        }
        let context =
            world.rooms.context(&reader("alice"), &room, &ids[4], 5, RoomEventFilter::default()).await.unwrap();
        assert_eq!(raw_bodies(&context.before), ["3", "2"]);
        assert_eq!(value(&context.event)["event_id"], ids[4].as_str());
        assert_eq!(raw_bodies(&context.after), ["5", "6", "7"]);
        let before = world.rooms.messages(&reader("alice"), &room, backward(Some(context.start), 2)).await.unwrap();
        assert_eq!(raw_bodies(&before.chunk), ["1", "0"]);
        let after = world.rooms.messages(&reader("alice"), &room, forward(Some(context.end), 9)).await.unwrap();
        assert_eq!(raw_bodies(&after.chunk), ["8"]);
        assert_eq!(value(&context.event)["room_id"], room.as_str());

        let unknown = EventId::parse("$unknown").unwrap();
        let missing = world.rooms.context(&reader("alice"), &room, &unknown, 5, RoomEventFilter::default()).await;
        assert!(matches!(missing, Err(Error::NotFound(_))));
        let stranger = world.rooms.context(&reader("eve"), &room, &ids[4], 5, RoomEventFilter::default()).await;
        assert!(matches!(stranger, Err(Error::Forbidden(_))));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_event_closest_to_a_time() {
    worlds(async |world| {
        let room = world.public_room().await;
        let first = world.say(&room, "alice", "first").await;
        let second = world.say(&room, "alice", "second").await;
        let event = world.rooms.event(&reader("alice"), &room, &second).await.unwrap();
        let time = value(&event)["origin_server_ts"].as_i64().unwrap();
        let alice = reader("alice");
        let at = |ts, backward| world.rooms.timestamp_to_event(&alice, &room, ts, backward);
        assert_eq!(at(time, false).await.unwrap(), (second.clone(), time));
        assert_eq!(at(time, true).await.unwrap(), (second.clone(), time));
        assert_eq!(at(time - 1, false).await.unwrap().0, second);
        assert_eq!(at(time - 1, true).await.unwrap().0, first);
        assert_eq!(at(i64::MAX, true).await.unwrap().0, second);
        assert!(matches!(at(time + 1, false).await, Err(Error::NotFound(_))));
        assert!(matches!(at(0, true).await, Err(Error::NotFound(_))));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_invisible_past_is_paged_over_not_walked_at_once() {
    worlds(async |world| {
        let room = world.public_room().await;
        world.set_visibility(&room, "joined").await;
        world.join(&room, "bob").await;
        for n in 0..30 {
            world.say(&room, "alice", &n.to_string()).await;
        }
        world.join(&room, "carol").await;
        world.say(&room, "bob", "welcome").await;
        // Thirty events that carol may not see do not end her first page early, nor make it fail.
        let page = world.last(&room, "carol", 10).await.unwrap();
        assert_eq!(raw_bodies(&page.chunk), ["welcome"]);
        assert_eq!(page.end, None);
        assert!(world.rooms.joined_rooms(&user("carol")).await.unwrap().contains(&room.to_string()));
    })
    .await;
}
