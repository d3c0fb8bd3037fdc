//! The directory, and summaries.

use ruma::{OwnedRoomOrAliasId, RoomId};
use serde_json::json;
use store::rooms::Membership;

use super::world::{World, user, worlds};
use crate::{
    Error,
    read::{PublicRooms, PublicRoomsRequest},
};

fn names(page: &PublicRooms) -> Vec<&str> {
    page.chunk.iter().map(|room| room.name.as_deref().unwrap_or_default()).collect()
}

async fn page(world: &World, since: Option<&String>, limit: usize) -> PublicRooms {
    let request = PublicRoomsRequest { since: since.cloned(), limit, ..PublicRoomsRequest::default() };
    world.rooms.public_rooms(request).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_directory_is_paged_both_ways_by_size() {
    worlds(async |world| {
        for (name, joined) in [("A", 1), ("B", 3), ("C", 2), ("D", 1), ("E", 1)] {
            let request = json!({ "preset": "public_chat", "visibility": "public", "name": name });
            let room = world.room(request).await;
            for n in 1..joined {
                world.join(&room, &format!("user{n}")).await;
            }
        }
        world.room(json!({ "preset": "public_chat", "name": "hidden" })).await;
        let all = page(&world, None, 100).await;
        assert_eq!(names(&all), ["B", "C", "A", "D", "E"]);
        assert_eq!((all.next_batch, all.prev_batch, all.total_room_count_estimate), (None, None, 5));
        assert_eq!(all.chunk[0].num_joined_members, 3);
        assert_eq!(all.chunk[0].join_rule, "public");
        assert_eq!(all.chunk[0].room_version, None);

        let first = page(&world, None, 2).await;
        assert_eq!((names(&first), &first.prev_batch), (vec!["B", "C"], &None));
        let second = page(&world, first.next_batch.as_ref(), 2).await;
        assert_eq!(names(&second), ["A", "D"]);
        let third = page(&world, second.next_batch.as_ref(), 2).await;
        assert_eq!((names(&third), &third.next_batch), (vec!["E"], &None));
        let back = page(&world, third.prev_batch.as_ref(), 2).await;
        assert_eq!(names(&back), ["A", "D"]);
        let back = page(&world, back.prev_batch.as_ref(), 2).await;
        assert_eq!((names(&back), &back.prev_batch), (vec!["B", "C"], &None));
        let forth = page(&world, back.next_batch.as_ref(), 2).await;
        assert_eq!(names(&forth), ["A", "D"]);

        let wrong = PublicRoomsRequest { since: Some("é".into()), limit: 1, ..PublicRoomsRequest::default() };
        assert!(matches!(world.rooms.public_rooms(wrong).await, Err(Error::InvalidParam(_))));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn searches_and_types() {
    worlds(async |world| {
        for (name, topic, kind) in
            [("Cats", "about CATS", None), ("Dogs", "no c\u{e4}ts", Some("m.space")), ("Misc", "Ärger", None)]
        {
            let creation = kind.map_or(json!({}), |kind| json!({ "type": kind }));
            let request = json!({ "visibility": "public", "name": name, "topic": topic, "creation_content": creation });
            world.room(request).await;
        }
        let search = |term: Option<&str>, types: Option<Vec<Option<&str>>>| {
            let room_types = types.map(|types| types.into_iter().map(|kind| kind.map(str::to_owned)).collect());
            let request = PublicRoomsRequest { limit: 10, search: term.map(str::to_owned), room_types, since: None };
            let rooms = world.rooms.clone();
            async move {
                let page = rooms.public_rooms(request).await.unwrap();
                names(&page).join(" ")
            }
        };
        assert_eq!(search(Some("cats"), None).await, "Cats");
        assert_eq!(search(Some("ärger"), None).await, "Misc");
        assert_eq!(search(Some(" "), None).await, "Cats Dogs Misc");
        assert_eq!(search(None, Some(vec![Some("m.space")])).await, "Dogs");
        assert_eq!(search(None, Some(vec![None])).await, "Cats Misc");
        assert_eq!(search(None, Some(vec![None, Some("m.space")])).await, "Cats Dogs Misc");
        assert_eq!(search(Some("cats"), Some(vec![Some("m.space")])).await, "");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn publishing_takes_power() {
    worlds(async |world| {
        let room = world.public_room().await;
        world.join(&room, "bob").await;
        assert!(!world.rooms.is_published(&room).await.unwrap());
        let refused = world.rooms.publish(&user("bob"), &room, true, false).await;
        assert!(matches!(refused, Err(Error::Forbidden(_))));
        world.rooms.publish(&user("alice"), &room, true, false).await.unwrap();
        assert!(world.rooms.is_published(&room).await.unwrap());
        // What is said in the room afterwards does not take it out again.
        world.say(&room, "alice", "hello").await;
        assert!(world.rooms.is_published(&room).await.unwrap());
        world.rooms.publish(&user("admin"), &room, false, true).await.unwrap();
        assert!(!world.rooms.is_published(&room).await.unwrap());
        let unknown = RoomId::parse("!nowhere:test").unwrap();
        assert!(matches!(world.rooms.is_published(&unknown).await, Err(Error::NotFound(_))));
        assert!(matches!(world.rooms.publish(&user("alice"), &unknown, true, false).await, Err(Error::NotFound(_))));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn summaries_for_those_who_may_know() {
    worlds(async |world| {
        let private = world.room(json!({ "preset": "private_chat", "name": "Secret" })).await;
        let restricted = world
            .room(json!({ "initial_state": [{ "type": "m.room.join_rules", "content": {
            "join_rule": "restricted", "allow": [{ "type": "m.room_membership", "room_id": private }],
        } }] }))
            .await;
        let request = json!({
            "preset": "public_chat", "room_alias_name": "open", "topic": "plain",
            "initial_state": [{ "type": "m.room.encryption", "content": { "algorithm": "m.megolm.v1.aes-sha2" } }],
        });
        let open = world.room(request).await;
        let summary = |name: Option<&str>, room: &str| {
            let (rooms, name) = (world.rooms.clone(), name.map(user));
            let room: OwnedRoomOrAliasId = room.try_into().unwrap();
            async move { rooms.room_summary(name.as_deref(), &room).await }
        };
        let found = summary(None, "#open:test").await.unwrap();
        assert_eq!((found.summary.room_id.as_str(), found.membership), (open.as_str(), None));
        assert_eq!(found.summary.encryption.as_deref(), Some("m.megolm.v1.aes-sha2"));
        assert_eq!(found.summary.room_version.as_deref(), Some("11"));
        assert_eq!(found.summary.canonical_alias.as_deref(), Some("#open:test"));
        assert_eq!(found.summary.topic.as_deref(), Some("plain"));
        assert_eq!(summary(Some("bob"), open.as_str()).await.unwrap().membership, Some(Membership::Leave));

        for name in [None, Some("bob")] {
            for room in [private.as_str(), restricted.as_str(), "!nowhere:test", "#nowhere:test"] {
                assert!(matches!(summary(name, room).await, Err(Error::NotFound(_))), "{name:?} {room}");
            }
        }
        world.invite(&private, "bob").await;
        let invited = summary(Some("bob"), private.as_str()).await.unwrap();
        assert_eq!((invited.summary.name.as_deref(), invited.membership), (Some("Secret"), Some(Membership::Invite)));
        assert!(summary(Some("bob"), restricted.as_str()).await.is_err());
        world.join(&private, "bob").await;
        let allowed = summary(Some("bob"), restricted.as_str()).await.unwrap();
        assert_eq!(allowed.summary.allowed_room_ids, [private.to_string()]);
        world.ban(&open, "bob").await;
        assert_eq!(summary(Some("bob"), open.as_str()).await.unwrap().membership, Some(Membership::Ban));
    })
    .await;
}
