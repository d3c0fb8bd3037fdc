//! A room that is deleted leaves nothing, and nothing of others goes with it.

use std::time::Duration;

use ruma::{OwnedRoomId, RoomId};
use serde_json::json;
use store::moderation::purge::{Begun, Condition, begin, step};

use crate::world::{World, reader, user, worlds};

async fn gone(world: &World, number: i64) {
    for _ in 0..3_000 {
        if world.rooms.purge_status(number).await.unwrap() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the room is still there");
}

async fn talk(world: &World, room: &RoomId) {
    world.join(room, "bob").await;
    for number in 0..30 {
        world.set_state(room, "alice", "m.room.topic", json!({ "topic": format!("topic {number}") })).await;
    }
    let event = world.say(room, "alice", "tulips").await;
    world.edit(room, "alice", &event, "more tulips").await;
    let other = world.say(room, "bob", "roses").await;
    world.redact(room, "bob", &other).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_of_it_goes_and_nothing_else() {
    worlds(async |world| {
        let (kept, purged) = (world.room("alice").await, world.room("alice").await);
        talk(&world, &kept).await;
        world.search.catch_up().await.unwrap();
        let rows = |world: &World| {
            let store = world.store.clone();
            async move { store.read(store::testing::count_rows).await.unwrap() }
        };
        talk(&world, &purged).await;
        assert_eq!(world.finds("bob", "tulips").await.len(), 2);
        let number = world.rooms.purge(&purged).await.unwrap();
        assert!(world.rooms.purge(&purged).await.is_err(), "it is not there any more");
        assert!(world.rooms.join(&purged, &user("bob"), None).await.is_err());
        assert!(world.rooms.state(&reader("bob"), &purged).await.is_err());
        gone(&world, number).await;
        assert_eq!(world.finds("bob", "tulips").await.len(), 1);
        let left = world.store.read(move |conn| store::testing::rows_of_room(conn, number)).await.unwrap();
        assert!(left.is_empty(), "{left:?}");
        assert!(world.rooms.state(&reader("bob"), &kept).await.unwrap().len() > 6);
        let before = rows(&world).await;
        // The states of the room that was kept are whole, and another one comes and goes without a trace.
        let third = world.room("alice").await;
        talk(&world, &third).await;
        let number = world.rooms.purge(&third).await.unwrap();
        gone(&world, number).await;
        let after = rows(&world).await;
        for ((table, before), (_, after)) in before.iter().zip(&after) {
            let grows = ["log", "state_keys", "purged_rooms", "departures"].contains(&&**table);
            assert!(grows || before == after, "{table}: {before} and {after}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn forgotten_rooms_go_and_others_stay() {
    worlds(async |world| {
        let (forgotten, left) = (world.room("alice").await, world.room("alice").await);
        for room in [&forgotten, &left] {
            world.join(room, "bob").await;
            for name in ["alice", "bob"] {
                world.rooms.leave(room, &user(name), None).await.unwrap();
            }
        }
        for name in ["alice", "bob"] {
            world.rooms.forget(&forgotten, &user(name)).await.unwrap();
        }
        world.rooms.forget(&left, &user("bob")).await.unwrap();
        world.rooms.purge_forgotten().await.unwrap();
        assert!(world.rooms.room(&forgotten).await.is_err());
        assert!(world.rooms.state(&reader("alice"), &left).await.is_ok());
    })
    .await;
}

/// Many rooms at once must not each look through all that are going.
#[tokio::test(flavor = "multi_thread")]
async fn many_rooms_go_one_after_the_other() {
    const ROOMS: u64 = 16;
    /// Says how many writes it takes.
    async fn purge(world: &World, rooms: Vec<OwnedRoomId>) -> u64 {
        let (_, before, ..) = world.store.writer_counts();
        for room in rooms {
            world.rooms.purge(&room).await.unwrap();
        }
        // Whoever still wants to delete something has its turn between these.
        for _ in 0..=ROOMS {
            world.rooms.finish_purges().await.unwrap();
        }
        let (_, after, ..) = world.store.writer_counts();
        after - before
    }
    worlds(async |world| {
        let one = world.room("alice").await;
        let number = world.rooms.room(&one).await.unwrap().nid;
        let single = purge(&world, vec![one]).await;
        let mut rooms = Vec::new();
        for _ in 0..ROOMS {
            rooms.push(world.room("alice").await);
        }
        let all = purge(&world, rooms).await;
        assert!(all <= ROOMS * single + ROOMS / 2, "{all} writes for {ROOMS} rooms, {single} for one");
        assert!(world.rooms.purge_status(number).await.unwrap());
        assert!(world.rooms.purge_status(1_000_000).await.is_err(), "no such room was deleted");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_room_goes_only_as_long_as_nobody_is_in_it() {
    worlds(async |world| {
        let room = world.room("alice").await;
        let number = world.rooms.room(&room).await.unwrap().nid;
        world.join(&room, "bob").await;
        let begin = async |condition: Condition| {
            world.store.write(move |tx| begin(tx, number, ":test", &condition)).await.unwrap()
        };
        let none = || Condition::LeftByAllBut(Vec::new());
        assert_eq!(begin(none()).await, Begun::StillThere);
        for name in ["alice", "bob"] {
            world.rooms.leave(&room, &user(name), None).await.unwrap();
        }
        assert_eq!(begin(Condition::Forgotten).await, Begun::StillThere, "nobody has forgotten it");
        for name in ["alice", "bob"] {
            world.rooms.forget(&room, &user(name)).await.unwrap();
        }
        world.join(&room, "bob").await;
        assert_eq!(begin(Condition::Forgotten).await, Begun::StillThere, "bob is back");
        assert_eq!(begin(none()).await, Begun::StillThere, "bob is back");
        assert_eq!(begin(Condition::LeftByAllBut(vec!["@bob:test".into()])).await, Begun::Gone);
        assert_eq!(begin(none()).await, Begun::Unknown);
        let steps = world.store.write(move |tx| step(tx, number + 1_000, 10, 0)).await.unwrap();
        assert!(!steps, "what is not being purged is not touched");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_enters_a_blocked_room() {
    worlds(async |world| {
        let room = world.room("alice").await;
        world.rooms.set_blocked(&room, true).await.unwrap();
        assert!(world.rooms.join(&room, &user("bob"), None).await.is_err());
        world.say(&room, "alice", "who is in it stays").await;
        world.rooms.set_blocked(&room, false).await.unwrap();
        world.join(&room, "bob").await;
    })
    .await;
}
