//! Aliases.

use ruma::{OwnedRoomAliasId, RoomAliasId, RoomId};
use serde_json::json;

use super::world::{reader, user, value, worlds};
use crate::Error;

fn alias(text: &str) -> OwnedRoomAliasId {
    RoomAliasId::parse(text).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alias_comes_and_goes() {
    worlds(async |world| {
        let room = world.public_room().await;
        world.join(&room, "bob").await;
        let name = alias("#name:test");
        assert!(matches!(world.rooms.resolve_alias(&name).await, Err(Error::NotFound(_))));
        world.rooms.create_alias(&user("bob"), &name, &room).await.unwrap();
        let found = world.rooms.resolve_alias(&name).await.unwrap();
        assert_eq!((found.room_id, found.servers), (room.clone(), vec![ruma::owned_server_name!("test")]));
        assert_eq!(world.rooms.aliases(&user("alice"), &room).await.unwrap(), ["#name:test"]);
        assert!(matches!(world.rooms.create_alias(&user("alice"), &name, &room).await, Err(Error::AliasInUse)));

        // Carol is in the room but has no power over its names; bob made this one.
        world.join(&room, "carol").await;
        assert!(matches!(world.rooms.delete_alias(&user("carol"), &name, false).await, Err(Error::Forbidden(_))));
        world.rooms.delete_alias(&user("bob"), &name, false).await.unwrap();
        assert!(matches!(world.rooms.delete_alias(&user("bob"), &name, false).await, Err(Error::NotFound(_))));

        world.rooms.create_alias(&user("bob"), &name, &room).await.unwrap();
        world.rooms.delete_alias(&user("alice"), &name, false).await.unwrap();
        world.rooms.create_alias(&user("bob"), &name, &room).await.unwrap();
        world.rooms.delete_alias(&user("admin"), &name, true).await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_alias_is_canonical_no_more() {
    worlds(async |world| {
        let room = world.room(json!({ "preset": "public_chat", "room_alias_name": "main" })).await;
        let other = alias("#other:test");
        world.rooms.create_alias(&user("alice"), &other, &room).await.unwrap();
        let content = json!({ "alias": "#main:test", "alt_aliases": ["#other:test"], "kept": true });
        world.set(&room, "alice", "m.room.canonical_alias", "", content).await;
        world.rooms.delete_alias(&user("alice"), &other, false).await.unwrap();
        let alice = reader("alice");
        let canonical = || async {
            let read = world.rooms.state_event(&alice, &room, "m.room.canonical_alias", "", false);
            value(&read.await.unwrap())
        };
        assert_eq!(canonical().await, json!({ "alias": "#main:test", "alt_aliases": [], "kept": true }));
        world.rooms.delete_alias(&user("alice"), &alias("#main:test"), false).await.unwrap();
        assert_eq!(canonical().await, json!({ "alt_aliases": [], "kept": true }));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_alias_of_ours_is_refused() {
    worlds(async |world| {
        let room = world.public_room().await;
        let (long, nowhere) = (format!("#{}:test", "a".repeat(249)), RoomId::parse("!nowhere:test").unwrap());
        world.rooms.create_alias(&user("alice"), &alias(&long), &room).await.unwrap();
        for (text, who, target) in [("#name:remote", "alice", &room), ("#:test", "alice", &room)] {
            let Ok(alias) = RoomAliasId::parse(text) else { continue };
            let refused = world.rooms.create_alias(&user(who), &alias, target).await;
            assert!(matches!(refused, Err(Error::InvalidParam(_))), "{text}");
        }
        for (who, target) in [("eve", &room), ("alice", &nowhere)] {
            let refused = world.rooms.create_alias(&user(who), &alias("#name:test"), target).await;
            assert!(matches!(refused, Err(Error::Forbidden(_))), "{who}");
        }
        assert!(matches!(world.rooms.aliases(&user("eve"), &room).await, Err(Error::Forbidden(_))));
        world.set_visibility(&room, "world_readable").await;
        assert_eq!(world.rooms.aliases(&user("eve"), &room).await.unwrap().len(), 1);
    })
    .await;
}

/// All of them have looked whether the alias is free before any of them takes it.
#[tokio::test(flavor = "multi_thread")]
async fn of_rooms_made_at_once_one_gets_the_alias() {
    worlds(async |world| {
        let request = || serde_json::from_value(json!({ "room_alias_name": "wanted" })).unwrap();
        let alice = user("alice");
        let create = || world.rooms.create(&alice, request());
        let (a, b, c, d) = tokio::join!(create(), create(), create(), create());
        let (made, refused): (Vec<_>, Vec<_>) = [a, b, c, d].into_iter().partition(Result::is_ok);
        assert!(refused.iter().all(|outcome| matches!(outcome, Err(Error::AliasInUse))), "{refused:?}");
        let [Ok(room)] = made.as_slice() else { panic!("{made:?}") };
        assert_eq!(&world.rooms.resolve_alias(&alias("#wanted:test")).await.unwrap().room_id, room);
    })
    .await;
}
