//! Rooms that are replaced.

use ruma::{RoomId, RoomVersionId};
use serde_json::{Value, json};
use store::rooms::{Membership, current_event, member_event_nids, room_by_id};

use super::world::{World, user, worlds};
use crate::lane::Proposal;

async fn content(world: &World, room: &RoomId, kind: &'static str) -> Value {
    let room = room.to_owned();
    let read = world.rooms.store().read(move |conn| {
        let room = room_by_id(conn, room.as_str())?.unwrap();
        current_event(conn, room.nid, kind, "")
    });
    let event = read.await.unwrap().unwrap();
    serde_json::from_str::<Value>(&event.json).unwrap()["content"].take()
}

#[tokio::test(flavor = "multi_thread")]
async fn all_bans_move() {
    worlds(async |world| {
        let banned = json!({ "membership": "ban" });
        let ban = |i| json!({ "type": "m.room.member", "state_key": format!("@spam{i}:far"), "content": banned });
        let bans: Vec<Value> = (0..500).map(ban).collect();
        let old = world.room(json!({ "initial_state": bans })).await;
        world.ban(&old, "bob").await;
        let new = world.rooms.upgrade(&old, &user("alice"), RoomVersionId::V12, Vec::new()).await.unwrap();
        let read = world.rooms.store().read(move |conn| {
            let room = room_by_id(conn, new.as_str())?.unwrap();
            member_event_nids(conn, room.nid, &[Membership::Ban])
        });
        assert_eq!(read.await.unwrap().len(), 501);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_upgrades_keeps_no_power_that_it_took() {
    worlds(async |world| {
        let events = json!({ "m.room.tombstone": 50, "m.room.power_levels": 100 });
        let users = json!({ "@alice:test": 100, "@bob:test": 50 });
        let levels = json!({ "events": events, "users": users, "users_default": 7 });
        let old = world.room(json!({ "preset": "public_chat", "power_level_content_override": levels })).await;
        world.join(&old, "bob").await;
        let new = world.rooms.upgrade(&old, &user("bob"), RoomVersionId::V11, Vec::new()).await.unwrap();
        assert_eq!(content(&world, &new, "m.room.power_levels").await["users"], users);
        // Bob may not change the levels of the old room.
        assert_eq!(content(&world, &old, "m.room.power_levels").await["events_default"], 0);
        let newer = world.rooms.upgrade(&old, &user("alice"), RoomVersionId::V11, Vec::new()).await.unwrap();
        assert_eq!(content(&world, &newer, "m.room.power_levels").await["events_default"], 0);
        assert_eq!(content(&world, &old, "m.room.power_levels").await["events_default"], 50);
        assert_eq!(content(&world, &old, "m.room.tombstone").await["replacement_room"], newer.as_str());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn creators_keep_their_power_where_it_must_be_said() {
    worlds(async |world| {
        let old = world.room(json!({ "room_version": "12" })).await;
        let new = world.rooms.upgrade(&old, &user("alice"), RoomVersionId::V11, Vec::new()).await.unwrap();
        assert_eq!(content(&world, &new, "m.room.power_levels").await["users"]["@alice:test"], 150);
        let newest = world.rooms.upgrade(&new, &user("alice"), RoomVersionId::V12, Vec::new()).await.unwrap();
        assert_eq!(content(&world, &newest, "m.room.power_levels").await["users"], json!({}));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn levels_that_are_texts_become_numbers() {
    worlds(async |world| {
        let old = world.room(json!({ "room_version": "9" })).await;
        // Our own clients may not send such levels; other servers' could.
        let levels = json!({ "users": { "@alice:test": "100", "@bob:test": " 50 " }, "ban": "60" });
        let levels = events::canonical::object_from(&levels).unwrap();
        let nid = world.rooms.nid(&old).await.unwrap().unwrap();
        let proposal = Proposal::state(user("alice"), "m.room.power_levels".into(), "", levels);
        world.rooms.propose_one(nid, proposal).await.unwrap();
        let new = world.rooms.upgrade(&old, &user("alice"), RoomVersionId::V11, Vec::new()).await.unwrap();
        let moved = content(&world, &new, "m.room.power_levels").await;
        assert_eq!((&moved["users"]["@bob:test"], &moved["ban"]), (&json!(50), &json!(60)));
    })
    .await;
}
