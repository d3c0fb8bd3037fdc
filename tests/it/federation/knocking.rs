//! Users of other servers ask to be let in.

use serde_json::json;

use super::{
    story::{act, in_section, knock_via, leave, membership, types, until_membership, until_synced},
    world::World,
};
use crate::{
    database::{Database, on_both_databases},
    user::User,
};

on_both_databases!(a_knock_is_answered, a_knock_is_taken_back, a_room_without_a_knocker_takes_no_knock);

async fn room(user: &User, join_rule: &str) -> String {
    let rule = json!({ "type": "m.room.join_rules", "content": { "join_rule": join_rule } });
    let options = json!({ "name": "Tea", "preset": "private_chat", "initial_state": [rule] });
    user.post("/createRoom", options).await.text_at("room_id")
}

async fn a_knock_is_answered(database: Database) {
    let world = World::start::<2>(database).await;
    let (alice, bob) = (world.user(0, "alice").await, world.user(1, "bob").await);
    let room = room(&alice, "knock").await;
    let (_, since) = until_synced(&bob, None, "/next_batch").await;
    knock_via(&bob, &room, &["one.test"]).await.ok();
    assert_eq!(membership(&alice, &room, &bob.id).await, "knock");
    let (knock, since) = until_synced(&bob, Some(&since), &in_section("knock", &room)).await;
    let seen = types(&knock["knock_state"]);
    assert!(seen.iter().any(|event_type| event_type == "m.room.name"), "{knock}");
    act(&alice, "invite", &room, &bob.id).await.ok();
    until_synced(&bob, Some(&since), &in_section("invite", &room)).await;
    bob.join(&room).await;
    until_membership(&alice, &room, &bob.id, "join").await;
}

async fn a_knock_is_taken_back(database: Database) {
    let world = World::start::<2>(database).await;
    let (alice, bob) = (world.user(0, "alice").await, world.user(1, "bob").await);
    let room = room(&alice, "knock").await;
    knock_via(&bob, &room, &["one.test"]).await.ok();
    let (_, since) = until_synced(&bob, None, &in_section("knock", &room)).await;
    leave(&bob, &room).await;
    assert_eq!(membership(&alice, &room, &bob.id).await, "leave");
    until_synced(&bob, Some(&since), &in_section("leave", &room)).await;
}

async fn a_room_without_a_knocker_takes_no_knock(database: Database) {
    let world = World::start::<2>(database).await;
    let (alice, bob) = (world.user(0, "alice").await, world.user(1, "bob").await);
    let room = room(&alice, "invite").await;
    knock_via(&bob, &room, &["one.test"]).await.fails(&["403 M_FORBIDDEN"]);
    assert_eq!(membership(&alice, &room, &bob.id).await, "none");
    let all = bob.sync(None, 0).await;
    assert!(all.pointer(&in_section("knock", &room)).is_none(), "{all}");
}
