//! Invites from elsewhere: what is kept of them, and how they end.

use events::{EventBuilder, VerifiedPdu, version};
use ruma::{MilliSecondsSinceUnixEpoch, RoomId, RoomVersionId, UInt, UserId, room_id};
use serde_json::{Value, json, value::to_raw_value};
use store::rooms::Membership;

use super::world::{NOW, World, alice, bob, register, their_key};
use crate::{
    Error,
    foreign::{ForeignInvite, MAX_STRIPPED_BYTES, StrippedState},
};

fn event(room_id: &RoomId, sender: &UserId, event_type: &str, state_key: &str, content: Value) -> VerifiedPdu {
    let builder = EventBuilder {
        room_id: Some(room_id.to_owned()),
        sender: sender.to_owned(),
        event_type: event_type.into(),
        state_key: Some(state_key.to_owned()),
        content: events::canonical::object_from(&content).unwrap(),
        prev_events: vec!["$p".try_into().unwrap()],
        auth_events: vec!["$a".try_into().unwrap()],
        depth: 7,
        origin_server_ts: MilliSecondsSinceUnixEpoch(UInt::new(NOW).unwrap()),
        redacts: None,
    };
    builder.build(version::rules(&RoomVersionId::V11).unwrap(), &their_key()).unwrap()
}

fn invite(room_id: &RoomId, target: &UserId) -> ForeignInvite {
    let mut state = StrippedState::default();
    state.add(&event(room_id, bob(), "m.room.name", "", json!({ "name": "Tea" })), room_id, bob()).unwrap();
    ForeignInvite {
        event: event(room_id, bob(), "m.room.member", target.as_str(), json!({ "membership": "invite" })),
        version: RoomVersionId::V11,
        via: bob().server_name().to_owned(),
        state,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invite_is_kept_and_ends() {
    let world = World::new().await;
    let (room, user) = (room_id!("!r:b"), register(&world, "alice").await);
    let signed = world.rooms.take_invite(invite(room, &user)).await.unwrap();
    assert!(signed.get().contains("\"a\":{"), "{signed}");
    let kept = world.rooms.foreign_member(&user, room).await.unwrap().unwrap();
    assert_eq!((kept.membership(), kept.via.as_str(), kept.sender.as_str()), (Membership::Invite, "b", "@bob:b"));
    let forgotten = world.rooms.forget(room, &user).await;
    assert!(matches!(forgotten, Err(Error::Unknown(_))), "{forgotten:?}");

    let end = world.rooms.lonely_leave(&kept, None).unwrap();
    assert!(world.rooms.end_foreign(kept.clone(), &end).await.unwrap());
    let left = world.rooms.foreign_member(&user, room).await.unwrap().unwrap();
    assert_eq!((left.membership(), left.event_id.as_str()), (Membership::Leave, end.event_id().as_str()));
    assert!(left.position > kept.position);
    assert!(!world.rooms.end_foreign(kept, &end).await.unwrap(), "it has ended already");
    world.rooms.forget(room, &user).await.unwrap();
    assert!(world.rooms.foreign_member(&user, room).await.unwrap().is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn only_invites_of_our_users_by_theirs_are_signed() {
    let world = World::new().await;
    let (room, user) = (room_id!("!r:b"), register(&world, "alice").await);
    let good = || invite(room, &user);
    let member = |content| event(room, bob(), "m.room.member", user.as_str(), content);
    for (wrong, event) in [
        ("a join", member(json!({ "membership": "join" }))),
        ("a ban", member(json!({ "membership": "ban" }))),
        ("no membership", member(json!({}))),
        ("a name", event(room, bob(), "m.room.name", "", json!({ "membership": "invite" }))),
        ("of themselves", event(room, bob(), "m.room.member", bob().as_str(), json!({ "membership": "invite" }))),
        ("of nobody", event(room, bob(), "m.room.member", "alice", json!({ "membership": "invite" }))),
    ] {
        let refused = world.rooms.take_invite(ForeignInvite { event, ..good() }).await;
        assert!(matches!(refused, Err(Error::InvalidParam(_))), "{wrong}: {refused:?}");
    }
    let by_another = ForeignInvite { via: "c".try_into().unwrap(), ..good() };
    assert!(matches!(world.rooms.take_invite(by_another).await, Err(Error::InvalidParam(_))));
    let nobody = world.rooms.take_invite(invite(room, ruma::user_id!("@nobody:a"))).await;
    assert!(matches!(nobody, Err(Error::Forbidden(_))), "{nobody:?}");
    assert!(world.rooms.foreign_member(&user, room).await.unwrap().is_none());
}

/// An invite to a room that is here comes by the room itself.
#[tokio::test(flavor = "multi_thread")]
async fn an_invite_to_a_room_that_is_here_is_only_signed() {
    let world = World::new().await;
    let user = register(&world, "alice").await;
    let room = world.public_room(&RoomVersionId::V11).await;
    world.rooms.take_invite(invite(&room, &user)).await.unwrap();
    assert!(world.rooms.foreign_member(alice(), &room).await.unwrap().is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_invites_is_dammed() {
    let world = World::new().await;
    let user = register(&world, "alice").await;
    let mut refused = 0;
    for n in 0..1_010 {
        let room = RoomId::parse(format!("!r{n}:b")).unwrap();
        match world.rooms.take_invite(invite(&room, &user)).await {
            Ok(_) => assert!(n < 1_000),
            Err(Error::Busy) => refused += 1,
            Err(other) => panic!("{other}"),
        }
    }
    assert_eq!(refused, 10);
}

/// CVE-2023-32323, CVE-2024-52815: whatever a stranger sends beside an invite goes into the sync of who was invited.
#[test]
fn of_the_state_beside_an_invite_only_what_is_of_use_is_kept() {
    let room = room_id!("!r:b");
    let mut state = StrippedState::default();
    let mut add = |event_type: &str, state_key: &str, content: Value| {
        state.add(&event(room, bob(), event_type, state_key, content), room, bob())
    };
    add("m.room.name", "", json!({ "name": "Tea" })).unwrap();
    add("m.room.name", "", json!({ "name": "again" })).unwrap();
    add("m.room.name", "other", json!({ "name": "of another key" })).unwrap();
    add("m.room.topic", "", json!({ "topic": "x".repeat(MAX_STRIPPED_BYTES - 1_000) })).unwrap();
    add("m.room.avatar", "", json!({ "url": "x".repeat(2_000) })).unwrap();
    add("org.example.huge", "", json!({})).unwrap();
    add("m.room.member", "@carol:c", json!({ "membership": "join" })).unwrap();
    add("m.room.member", bob().as_str(), json!({ "membership": "join" })).unwrap();
    let other = room_id!("!other:b");
    let foreign = state.add(&event(other, bob(), "m.room.create", "", json!({})), room, bob());
    assert!(matches!(foreign, Err(Error::InvalidParam(_))));
    assert!(!state.has_create());

    for odd in [
        json!(null),
        json!([]),
        json!({ "type": "m.room.create" }),
        json!({ "type": "m.room.create", "state_key": "", "sender": "bob", "content": {} }),
        json!({ "type": "m.room.create", "state_key": "", "sender": "@bob:b", "content": [] }),
        json!({ "type": "m.room.create", "state_key": "", "sender": "@bob:b", "content": { "x": 1.5 } }),
        json!({ "type": "m.room.create", "state_key": 3, "sender": "@bob:b", "content": {} }),
    ] {
        state.add_stripped(&to_raw_value(&odd).unwrap(), bob());
        assert!(!state.has_create(), "{odd}");
    }
    let plain = json!({ "type": "m.room.create", "state_key": "", "sender": "@bob:b", "content": {}, "more": 1 });
    state.add_stripped(&to_raw_value(&plain).unwrap(), bob());
    assert!(state.has_create());

    let kept: Vec<Value> = serde_json::from_str(&state.text().unwrap()).unwrap();
    let keys: Vec<_> = kept.iter().map(|event| event["type"].as_str().unwrap()).collect();
    assert_eq!(keys, ["m.room.name", "m.room.topic", "m.room.member", "m.room.create"]);
    for event in &kept {
        let fields: Vec<_> = event.as_object().unwrap().keys().collect();
        assert_eq!(fields, ["content", "sender", "state_key", "type"]);
    }
    assert_eq!(state.without_members().events().len(), 3, "beside a knock nobody tells of members");
}
