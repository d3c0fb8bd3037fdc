//! Users of another server come in, and what their server is told of the room.

use std::collections::HashSet;

use events::version::{self, SUPPORTED};
use ruma::{RoomVersionId, UserId};
use serde_json::{Value, json, value::to_raw_value};

use super::world::{World, alice, bob, join, made_of};
use crate::{Error, foreign::Handshake};

fn types(events: &[Box<serde_json::value::RawValue>]) -> Vec<String> {
    let event = |event: &serde_json::value::RawValue| serde_json::from_str::<Value>(event.get()).unwrap();
    let mut types: Vec<String> = events.iter().map(|raw| event(raw)["type"].as_str().unwrap().to_owned()).collect();
    types.sort();
    types
}

#[tokio::test(flavor = "multi_thread")]
async fn who_joins_is_told_the_state_before() {
    let world = World::new().await;
    for version in SUPPORTED {
        let room = world.public_room(&version).await;
        let join = join(&world, &room).await;
        let entry = world.rooms.entry(&room, join.event_id(), false).await.unwrap();
        let state = types(&entry.state);
        assert_eq!(state.iter().filter(|name| *name == "m.room.member").count(), 1, "bob was not there before");
        for wanted in ["m.room.create", "m.room.join_rules", "m.room.name", "m.room.power_levels"] {
            assert!(state.iter().any(|name| name == wanted), "{version}: {state:?}");
        }
        // Everything that anything names is told.
        let told: HashSet<String> = entry.auth_chain.iter().map(|event| event.get().to_owned()).collect();
        assert!(told.iter().any(|event| event.contains("m.room.create")), "{version}");
        assert_eq!(entry.servers, ["a"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn members_may_be_left_out() {
    let world = World::new().await;
    let named = world.public_room(&RoomVersionId::V11).await;
    let nameless = world.room(&RoomVersionId::V11, json!({ "preset": "public_chat" })).await;
    for (room, members) in [(named, 0), (nameless, 1)] {
        let join = join(&world, &room).await;
        let entry = world.rooms.entry(&room, join.event_id(), true).await.unwrap();
        let state = types(&entry.state);
        assert_eq!(state.iter().filter(|name| *name == "m.room.member").count(), members, "{state:?}");
        let repeated: Vec<_> = entry
            .auth_chain
            .iter()
            .filter(|event| entry.state.iter().any(|known| known.get() == event.get()))
            .collect();
        assert!(repeated.is_empty(), "{repeated:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_the_template_said_is_accepted() {
    let world = World::new().await;
    let room = world.public_room(&RoomVersionId::V11).await;
    let template = world.rooms.template(Handshake::Join, &room, bob(), &SUPPORTED).await.unwrap();
    for content in [json!({ "membership": "leave" }), json!({ "membership": "ban" }), json!({})] {
        let event = made_of(&template, Some(content.clone()));
        let refused = world.rooms.accept(Handshake::Join, &room, event).await;
        assert!(matches!(refused, Err(Error::InvalidParam(_))), "{content}: {refused:?}");
    }
    world.rooms.ban(&room, alice(), bob(), None).await.unwrap();
    let late = world.rooms.accept(Handshake::Join, &room, made_of(&template, None)).await;
    assert!(matches!(late, Err(Error::Forbidden(_))), "{late:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn we_vouch_for_members_of_the_other_room_alone() {
    let world = World::new().await;
    let space = world.public_room(&RoomVersionId::V10).await;
    let allow = json!([{ "type": "m.room_membership", "room_id": space }]);
    let rule = json!({ "type": "m.room.join_rules", "content": { "join_rule": "restricted", "allow": allow } });
    let room = world.room(&RoomVersionId::V10, json!({ "preset": "private_chat", "initial_state": [rule] })).await;
    let rules = version::rules(&RoomVersionId::V10).unwrap();

    let outside = world.rooms.template(Handshake::Join, &room, bob(), &SUPPORTED).await;
    assert!(matches!(outside, Err(Error::Forbidden(_))), "{outside:?}");
    let claim = |by: &UserId| {
        let content = json!({ "membership": "join", "join_authorised_via_users_server": by });
        to_raw_value(&json!({ "type": "m.room.member", "sender": bob(), "state_key": bob(), "content": content }))
            .unwrap()
    };
    let refused = world.rooms.vouch(&room, &claim(alice()), rules).await;
    assert!(matches!(refused, Err(Error::Forbidden(_))), "{refused:?}");
    let by_others = world.rooms.vouch(&room, &claim(bob()), rules).await.unwrap();
    assert!(!by_others.get().contains("signatures"), "that is for the other server to sign");

    join(&world, &space).await;
    let template = world.rooms.template(Handshake::Join, &room, bob(), &SUPPORTED).await.unwrap();
    let event: Value = serde_json::from_str(template.event.get()).unwrap();
    assert_eq!(event["content"]["join_authorised_via_users_server"], json!(alice()));
    let join = to_raw_value(&serde_json::from_str::<Value>(made_of(&template, None).json()).unwrap()).unwrap();
    let signed: Value = serde_json::from_str(world.rooms.vouch(&room, &join, rules).await.unwrap().get()).unwrap();
    assert_eq!(signed["signatures"].as_object().unwrap().keys().collect::<Vec<_>>(), ["a", "b"]);
}

/// A restricted room for members of a room that we are not in.
#[tokio::test(flavor = "multi_thread")]
async fn what_we_cannot_know_we_say_so() {
    let world = World::new().await;
    let allow = json!([{ "type": "m.room_membership", "room_id": "!elsewhere:c" }]);
    let rule = json!({ "type": "m.room.join_rules", "content": { "join_rule": "restricted", "allow": allow } });
    let room = world.room(&RoomVersionId::V10, json!({ "preset": "private_chat", "initial_state": [rule] })).await;
    let unknown = world.rooms.template(Handshake::Join, &room, bob(), &SUPPORTED).await;
    assert!(matches!(unknown, Err(Error::UnableToAuthoriseJoin)), "{unknown:?}");
}
