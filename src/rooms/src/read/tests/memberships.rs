//! Memberships are changed only from where they are supposed to be, and say the current profile.

use futures_util::future::join_all;
use ruma::{OwnedRoomId, RoomId};
use serde_json::json;
use store::{
    accounts::unannounced_profiles,
    rooms::{MemberRow, Membership, member, room_by_id},
};

use super::world::{World, user, worlds};
use crate::{Error, testing};

async fn row(world: &World, room: &RoomId, name: &str) -> MemberRow {
    let (room, user) = (room.to_owned(), user(name));
    let read = world.rooms.store().read(move |conn| {
        let room = room_by_id(conn, room.as_str())?.unwrap();
        Ok(member(conn, room.nid, user.as_str())?.unwrap())
    });
    read.await.unwrap()
}

async fn name(world: &World, name: &str) {
    testing::name(world.rooms.store(), user("alice").as_str(), name).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_come_back_is_not_sent_out_by_a_late_unban() {
    worlds(async |world| {
        let room = world.public_room().await;
        world.ban(&room, "bob").await;
        let (alice, bob) = (user("alice"), user("bob"));
        world.rooms.unban(&room, &alice, &bob, None).await.unwrap();
        world.join(&room, "bob").await;
        let late = world.rooms.unban(&room, &alice, &bob, None).await;
        assert!(matches!(late, Err(Error::Forbidden(_))), "{late:?}");
        assert_eq!(row(&world, &room, "bob").await.membership(), Membership::Join);
        let again = world.rooms.invite(&room, &alice, &bob, None).await;
        assert!(matches!(again, Err(Error::Forbidden(_))), "{again:?}");
        let knock = world.rooms.knock(&room, &bob, None).await;
        assert!(matches!(knock, Err(Error::Forbidden(_))), "{knock:?}");
        world.rooms.kick(&room, &alice, &bob, None).await.unwrap();
        let twice = world.rooms.kick(&room, &alice, &bob, None).await;
        assert!(matches!(twice, Err(Error::Forbidden(_))), "{twice:?}");
        let left = row(&world, &room, "bob").await.event;
        world.leave(&room, "bob").await;
        assert_eq!(row(&world, &room, "bob").await.event, left, "who has left stays so");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_names_the_last_one_stays() {
    worlds(async |world| {
        let mut rooms: Vec<OwnedRoomId> = Vec::new();
        for _ in 0..3 {
            rooms.push(world.public_room().await);
        }
        let change = async |number: usize| {
            name(&world, &format!("Alice {number}")).await;
            world.rooms.announce_profile(&user("alice")).await.unwrap();
        };
        join_all((0..10).map(change)).await;
        let alice = user("alice");
        let current = world.rooms.store().read(move |conn| accounts::member_profile(conn, alice.as_str()));
        let (current, _) = current.await.unwrap();
        let mut events = Vec::new();
        for room in &rooms {
            let row = row(&world, room, "alice").await;
            assert_eq!(row.display_name, current);
            events.push(row.event);
        }
        // What is said already is not said again.
        world.rooms.announce_profile(&user("alice")).await.unwrap();
        for (room, event) in rooms.iter().zip(events) {
            assert_eq!(row(&world, room, "alice").await.event, event);
        }
    })
    .await;
}

/// The server stopped between the change and telling it.
#[tokio::test(flavor = "multi_thread")]
async fn a_new_name_is_told_after_a_crash() {
    worlds(async |world| {
        let room = world.public_room().await;
        let alice = user("alice");
        world.rooms.inner.accounts.set_profile_field(&alice, "displayname", json!("Alicia")).await.unwrap();
        assert_ne!(row(&world, &room, "alice").await.display_name.as_deref(), Some("Alicia"));
        world.rooms.announce_profiles().await.unwrap();
        assert_eq!(row(&world, &room, "alice").await.display_name.as_deref(), Some("Alicia"));
        let left = world.rooms.store().read(|conn| unannounced_profiles::list(conn, "", 10)).await.unwrap();
        assert!(left.is_empty(), "{left:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rooms_that_could_not_be_told_are_an_error() {
    worlds(async |world| {
        world.public_room().await;
        name(&world, "Alicia").await;
        world.rooms.store().close().await;
        let failed = world.rooms.announce_profile(&user("alice")).await;
        assert!(failed.is_err_and(|error| error.may_pass()));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_may_invite_vouches_for_a_restricted_join() {
    worlds(async |world| {
        let space = world.public_room().await;
        let allow = json!([{ "type": "m.room_membership", "room_id": space }]);
        let rule = json!({ "join_rule": "restricted", "allow": allow });
        let rule = json!([{ "type": "m.room.join_rules", "state_key": "", "content": rule }]);
        let levels = json!({ "invite": 50, "users": { "@alice:test": 100, "@carol:test": 50, "@eve:test": 50 } });
        let request = json!({ "initial_state": rule, "power_level_content_override": levels });
        let room = world.room(request).await;
        for name in ["bob", "carol", "dave"] {
            world.join(&space, name).await;
            world.join(&room, name).await;
        }
        // The only one left who may invite is not the first in any list.
        world.leave(&room, "alice").await;
        world.join(&space, "frank").await;
        world.join(&room, "frank").await;
        world.leave(&room, "carol").await;
        world.join(&space, "grace").await;
        let refused = world.rooms.join(&room, &user("grace"), None).await;
        assert!(matches!(refused, Err(Error::UnableToGrantJoin)), "{refused:?}");
    })
    .await;
}
