//! Users of other servers are invited.

use serde_json::json;

use super::{
    story::{act, in_section, join_via, leave, membership, types, until_membership, until_synced},
    world::World,
};
use crate::{
    client::encode,
    database::{Database, on_both_databases},
    user::PASSWORD,
};

on_both_databases!(
    an_invite_is_accepted,
    an_invite_is_declined,
    an_invite_is_declined_although_nobody_answers,
    who_is_invited_at_the_beginning_comes,
    who_cannot_be_invited_at_the_beginning_is_named,
    who_takes_no_invites_is_not_invited,
    an_invite_outlives_a_restart,
    an_invite_by_hand_is_an_invite,
    a_closed_account_declines,
);

async fn an_invite_is_accepted(database: Database) {
    let mut world = World::start::<2>(database).await;
    let (alice, bob) = (world.user(0, "alice").await, world.user(1, "bob").await);
    for version in ["6", "10", "11", "12"] {
        let options = json!({ "name": "Tea", "topic": "Leaves", "room_version": version });
        let room = alice.post("/createRoom", options).await.text_at("room_id");
        let (_, since) = until_synced(&bob, None, "/next_batch").await;
        act(&alice, "invite", &room, &bob.id).await.ok();
        assert_eq!(membership(&alice, &room, &bob.id).await, "invite");
        let (invite, _) = until_synced(&bob, Some(&since), &in_section("invite", &room)).await;
        let seen = types(&invite["invite_state"]);
        for wanted in ["m.room.create", "m.room.name", "m.room.topic", "m.room.join_rules", "m.room.member"] {
            assert!(seen.iter().any(|event_type| event_type == wanted), "{version}: {invite}");
        }
        // No `via`: who invited knows the way.
        bob.post(&format!("/join/{}", encode(&room)), json!({})).await.ok();
        until_membership(&alice, &room, &bob.id, "join").await;
        let all = bob.sync(None, 0).await;
        assert!(all.pointer(&in_section("join", &room)).is_some(), "{version}: {all}");
        assert!(all.pointer(&in_section("invite", &room)).is_none(), "{version}: {all}");
    }
    world.is_sound();
}

async fn an_invite_is_declined(database: Database) {
    let world = World::start::<2>(database).await;
    let (alice, bob) = (world.user(0, "alice").await, world.user(1, "bob").await);
    let room = alice.post("/createRoom", json!({ "preset": "private_chat" })).await.text_at("room_id");
    let forget = format!("/rooms/{}/forget", encode(&room));
    for _ in 0..2 {
        act(&alice, "invite", &room, &bob.id).await.ok();
        let (_, since) = until_synced(&bob, None, &in_section("invite", &room)).await;
        bob.post(&forget, json!({})).await.fails(&["400 M_UNKNOWN"]);
        leave(&bob, &room).await;
        assert_eq!(membership(&alice, &room, &bob.id).await, "leave");
        let (left, _) = until_synced(&bob, Some(&since), &in_section("leave", &room)).await;
        assert_eq!(left["timeline"]["events"][0]["content"]["membership"], "leave");
        let all = bob.sync(None, 0).await;
        assert!(all.pointer(&in_section("invite", &room)).is_none(), "{all}");
        bob.post(&forget, json!({})).await.ok();
        join_via(&bob, &room, &["one.test"]).await.fails(&["403 M_FORBIDDEN"]);
    }
}

async fn an_invite_is_declined_although_nobody_answers(database: Database) {
    let mut world = World::start::<2>(database).await;
    let (alice, bob) = (world.user(0, "alice").await, world.user(1, "bob").await);
    let room = alice.post("/createRoom", json!({ "preset": "private_chat" })).await.text_at("room_id");
    act(&alice, "invite", &room, &bob.id).await.ok();
    let (_, since) = until_synced(&bob, None, &in_section("invite", &room)).await;
    world.servers[0].kill();
    leave(&bob, &room).await;
    let (left, _) = until_synced(&bob, Some(&since), &in_section("leave", &room)).await;
    assert_eq!(left["timeline"]["events"][0]["state_key"], *bob.id);
}

async fn who_is_invited_at_the_beginning_comes(database: Database) {
    let world = World::start::<2>(database).await;
    let (alice, bob) = (world.user(0, "alice").await, world.user(1, "bob").await);
    let options = json!({ "preset": "trusted_private_chat", "invite": [bob.id], "is_direct": true });
    let room = alice.post("/createRoom", options).await.text_at("room_id");
    let (invite, _) = until_synced(&bob, None, &in_section("invite", &room)).await;
    let events = invite["invite_state"]["events"].as_array().unwrap();
    let own = events.iter().find(|event| event["state_key"] == *bob.id).unwrap();
    assert_eq!(own["content"]["is_direct"], true, "{invite}");
    bob.join(&room).await;
    let name = json!({ "name": "changed by who was trusted" });
    bob.put(&format!("/rooms/{}/state/m.room.name", encode(&room)), name).await.ok();
}

async fn who_cannot_be_invited_at_the_beginning_is_named(database: Database) {
    let world = World::start::<2>(database).await;
    let (alice, bob) = (world.user(0, "alice").await, world.user(1, "bob").await);
    let options = json!({ "preset": "private_chat", "invite": [bob.id, "@nobody:two.test"] });
    let made = alice.post("/createRoom", options).await.ok();
    let failures = &made["org.peerbrain.invite_failures"];
    assert_eq!(failures["@nobody:two.test"]["errcode"], "M_FORBIDDEN", "{failures}");
    assert!(failures.get(&*bob.id).is_none(), "{failures}");
    let room = made["room_id"].as_str().unwrap();
    assert_eq!(membership(&alice, room, &bob.id).await, "invite");
    assert_eq!(membership(&alice, room, "@nobody:two.test").await, "none");
}

async fn who_takes_no_invites_is_not_invited(database: Database) {
    let world = World::start::<2>(database).await;
    let (alice, bob) = (world.user(0, "alice").await, world.user(1, "bob").await);
    let path = format!("/user/{}/account_data/m.invite_permission_config", encode(&bob.id));
    bob.put(&path, json!({ "default_action": "block" })).await.ok();
    let room = alice.post("/createRoom", json!({ "preset": "private_chat" })).await.text_at("room_id");
    act(&alice, "invite", &room, &bob.id).await.fails(&["403 M_INVITE_BLOCKED"]);
    act(&alice, "invite", &room, "@nobody:two.test").await.fails(&["403 M_FORBIDDEN"]);
    act(&alice, "invite", &room, "@nobody:nowhere.test").await.fails(&["502 M_UNKNOWN"]);
    assert_eq!(membership(&alice, &room, &bob.id).await, "none");
}

async fn an_invite_outlives_a_restart(database: Database) {
    let mut world = World::start::<2>(database).await;
    let (alice, bob) = (world.user(0, "alice").await, world.user(1, "bob").await);
    let room = alice.post("/createRoom", json!({ "preset": "private_chat" })).await.text_at("room_id");
    act(&alice, "invite", &room, &bob.id).await.ok();
    world.servers[1].kill();
    world.servers[1].restart().await;
    until_synced(&bob, None, &in_section("invite", &room)).await;
    bob.join(&room).await;
    until_membership(&alice, &room, &bob.id, "join").await;
}

async fn an_invite_by_hand_is_an_invite(database: Database) {
    let world = World::start::<2>(database).await;
    let (alice, bob) = (world.user(0, "alice").await, world.user(1, "bob").await);
    let room = alice.post("/createRoom", json!({ "preset": "private_chat" })).await.text_at("room_id");
    let path = |user: &str| format!("/rooms/{}/state/m.room.member/{}", encode(&room), encode(user));
    alice.put(&path("@nobody:two.test"), json!({ "membership": "invite" })).await.fails(&["403 M_FORBIDDEN"]);
    let content = json!({ "membership": "invite", "reason": "tea", "is_direct": true });
    let event = alice.put(&path(&bob.id), content).await.text_at("event_id");
    let (invite, _) = until_synced(&bob, None, &in_section("invite", &room)).await;
    let events = invite["invite_state"]["events"].as_array().unwrap();
    let own = events.iter().find(|event| event["state_key"] == *bob.id).unwrap();
    assert_eq!((&own["content"]["reason"], &own["content"]["is_direct"]), (&json!("tea"), &json!(true)));
    let seen = alice.get(&format!("/rooms/{}/event/{}", encode(&room), encode(&event))).await.json;
    assert_eq!(seen["content"]["membership"], "invite");
    bob.join(&room).await;
}

async fn a_closed_account_declines(database: Database) {
    let world = World::start::<2>(database).await;
    let (alice, bob) = (world.user(0, "alice").await, world.user(1, "bob").await);
    let room = alice.post("/createRoom", json!({ "preset": "private_chat" })).await.text_at("room_id");
    act(&alice, "invite", &room, &bob.id).await.ok();
    until_synced(&bob, None, &in_section("invite", &room)).await;
    let session = bob.post("/account/deactivate", json!({})).await.json["session"].clone();
    let identifier = json!({ "type": "m.id.user", "user": bob.id });
    let auth = json!({
        "type": "m.login.password", "identifier": identifier, "password": PASSWORD, "session": session,
    });
    bob.post("/account/deactivate", json!({ "auth": auth })).await.ok();
    until_membership(&alice, &room, &bob.id, "leave").await;
}
