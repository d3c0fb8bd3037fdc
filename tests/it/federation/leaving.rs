//! Users of other servers leave, and are made to.

use super::{
    story::{act, in_section, join_via, leave, until_membership, until_synced},
    world::World,
};
use crate::database::{Database, on_both_databases};

on_both_databases!(who_is_sent_out_may_come_back, who_is_banned_stays_out, the_last_of_a_server_leaves);

async fn who_is_sent_out_may_come_back(database: Database) {
    let world = World::start::<2>(database).await;
    let (alice, bob) = (world.user(0, "alice").await, world.user(1, "bob").await);
    let room = alice.public_room("Tea").await;
    join_via(&bob, &room, &["one.test"]).await.ok();
    until_membership(&alice, &room, &bob.id, "join").await;
    let (_, since) = until_synced(&bob, None, &in_section("join", &room)).await;
    act(&alice, "kick", &room, &bob.id).await.ok();
    let (left, _) = until_synced(&bob, Some(&since), &in_section("leave", &room)).await;
    let events = left["timeline"]["events"].as_array().unwrap();
    assert!(events.iter().any(|event| event["content"]["membership"] == "leave"), "{left}");
    join_via(&bob, &room, &["one.test"]).await.ok();
    until_membership(&alice, &room, &bob.id, "join").await;
}

async fn who_is_banned_stays_out(database: Database) {
    let world = World::start::<2>(database).await;
    let (alice, bob) = (world.user(0, "alice").await, world.user(1, "bob").await);
    let room = alice.public_room("Tea").await;
    join_via(&bob, &room, &["one.test"]).await.ok();
    until_membership(&alice, &room, &bob.id, "join").await;
    let (_, since) = until_synced(&bob, None, &in_section("join", &room)).await;
    act(&alice, "ban", &room, &bob.id).await.ok();
    until_synced(&bob, Some(&since), &in_section("leave", &room)).await;
    join_via(&bob, &room, &["one.test"]).await.fails(&["403 M_FORBIDDEN"]);
    act(&alice, "unban", &room, &bob.id).await.ok();
    join_via(&bob, &room, &["one.test"]).await.ok();
    until_membership(&alice, &room, &bob.id, "join").await;
}

async fn the_last_of_a_server_leaves(database: Database) {
    let world = World::start::<2>(database).await;
    let (alice, bob) = (world.user(0, "alice").await, world.user(1, "bob").await);
    let room = alice.public_room("Tea").await;
    join_via(&bob, &room, &["one.test"]).await.ok();
    until_membership(&alice, &room, &bob.id, "join").await;
    leave(&bob, &room).await;
    until_membership(&alice, &room, &bob.id, "leave").await;
    // It does not need the room to invite him again.
    act(&alice, "invite", &room, &bob.id).await.ok();
    until_synced(&bob, None, &in_section("invite", &room)).await;
    bob.join(&room).await;
    until_membership(&alice, &room, &bob.id, "join").await;
}
