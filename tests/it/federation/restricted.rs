//! Rooms that members of another room may join.

use serde_json::json;

use super::{
    story::{join_via, membership, until_membership},
    world::World,
};
use crate::{
    client::encode,
    database::{Database, on_both_databases},
    user::User,
};

on_both_databases!(members_of_the_other_room_come_in, another_server_lets_in_whom_ours_cannot);

/// A room for the members of another.
async fn restricted(user: &User, space: &str, version: &str) -> String {
    let allow = json!([{ "type": "m.room_membership", "room_id": space }]);
    let rule = json!({ "type": "m.room.join_rules", "content": { "join_rule": "restricted", "allow": allow } });
    let options = json!({ "preset": "private_chat", "room_version": version, "initial_state": [rule] });
    user.post("/createRoom", options).await.text_at("room_id")
}

async fn members_of_the_other_room_come_in(database: Database) {
    let world = World::start::<2>(database).await;
    let (alice, bob) = (world.user(0, "alice").await, world.user(1, "bob").await);
    for version in ["8", "10", "12"] {
        let space = alice.public_room("Tea drinkers").await;
        let room = restricted(&alice, &space, version).await;
        join_via(&bob, &room, &["one.test"]).await.fails(&["403 M_FORBIDDEN"]);
        join_via(&bob, &space, &["one.test"]).await.ok();
        until_membership(&alice, &space, &bob.id, "join").await;
        join_via(&bob, &room, &["one.test"]).await.ok();
        until_membership(&alice, &room, &bob.id, "join").await;
        let path = format!("/rooms/{}/state/m.room.member/{}", encode(&room), encode(&bob.id));
        let content = bob.get(&path).await.ok();
        assert_eq!(content["join_authorised_via_users_server"], *alice.id, "version {version}: {content}");
    }
}

/// Two of a server are in the room already, but none of them may invite.
async fn another_server_lets_in_whom_ours_cannot(database: Database) {
    let world = World::start::<2>(database).await;
    let (alice, bob) = (world.user(0, "alice").await, world.user(1, "bob").await);
    let carol = world.user(1, "carol").await;
    let space = alice.public_room("Tea drinkers").await;
    for user in [&bob, &carol] {
        join_via(user, &space, &["one.test"]).await.ok();
        until_membership(&alice, &space, &user.id, "join").await;
    }
    let room = restricted(&alice, &space, "10").await;
    let path = format!("/rooms/{}/state/m.room.power_levels", encode(&room));
    let mut levels = alice.get(&path).await.ok();
    levels["invite"] = 50.into();
    alice.put(&path, levels).await.ok();
    for user in [&bob, &carol] {
        join_via(user, &room, &["one.test"]).await.ok();
        until_membership(&alice, &room, &user.id, "join").await;
        assert_eq!(membership(user, &room, &user.id).await, "join");
    }
}
