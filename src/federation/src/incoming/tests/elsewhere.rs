//! Rooms that are not here, and rooms that are closed to the sender.

use std::time::Duration;

use ruma::{RoomVersionId, event_id, room_id};
use serde_json::{json, value::to_raw_value};
use store::rooms::{ForeignMember, Membership, keep_foreign};

use super::world::worlds;
use crate::testing::{message, state, user};

#[tokio::test(flavor = "multi_thread")]
async fn an_invite_is_taken_back() {
    worlds(async |world| {
        let room = room_id!("!theirs:b");
        let member = |membership: &str| state("m.room.member", "@alice:a", json!({ "membership": membership }));
        let levels = event_id!("$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA").to_owned();
        let invite = world.peer.elsewhere(room, member("invite"), vec![levels.clone()]);
        let v12 = world.peer.rules.authorization.room_create_event_id_as_room_id;
        let version = if v12 { RoomVersionId::V12 } else { RoomVersionId::V11 };
        let row = ForeignMember {
            user_id: "@alice:a".into(),
            room_id: room.to_string(),
            membership: Membership::Invite as i16,
            position: 0,
            version: version.to_string(),
            sender: "@bob:b".into(),
            via: "b".into(),
            event_id: invite.event_id().to_string(),
            json: invite.json().to_owned(),
            state: "[]".into(),
        };
        world.server.rooms.store().write(move |tx| keep_foreign(tx, &row)).await.unwrap();
        let is_open = async || {
            let known = world.server.rooms.foreign_member(&user("alice"), room).await.unwrap();
            known.is_some_and(|known| known.is_open())
        };
        let id = invite.event_id().to_owned();
        let of_another = world.peer.elsewhere(room, member("leave"), vec![levels.clone()]);
        let of_nobody = world.peer.elsewhere(
            room,
            state("m.room.member", "@eve:a", json!({ "membership": "leave" })),
            vec![id.clone()],
        );
        let said = world.peer.elsewhere(room, message("hello"), vec![id.clone()]);
        let again = world.peer.elsewhere(room, member("invite"), vec![id.clone()]);
        let answer = world.send(&[&of_another, &of_nobody, &said, &again]).await;
        assert!(answer.values().all(Result::is_err) && answer.len() == 2, "{answer:?}");
        assert!(is_open().await);
        let taken_back = world.peer.elsewhere(room, member("leave"), vec![levels, id]);
        assert_eq!(world.send(&[&taken_back]).await[taken_back.event_id()], Ok(()));
        assert!(!is_open().await);
    })
    .await;
}

/// Bob greets alice, who is still on her way.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_sent_to_who_is_coming_in_waits_for_them() {
    worlds(async |world| {
        let (rooms, alice) = (&world.server.rooms, user("alice"));
        rooms.leave(&world.room_id, &alice, None).await.unwrap();
        let unheard = world.peer.make(&[&world.last], message("nobody is there"));
        assert!(world.send(&[&unheard]).await.is_empty());
        let turn = world.server.federation.inner.turns.wait(&world.room_id).await;
        let greeting = world.peer.make(&[&world.last], message("welcome"));
        let enter = async {
            tokio::time::sleep(Duration::from_millis(200)).await;
            rooms.join(&world.room_id, &alice, None).await.unwrap();
            drop(turn);
        };
        let events = [&greeting];
        let (answer, ()) = tokio::join!(world.send(&events), enter);
        assert_eq!(answer[greeting.event_id()], Ok(()));
        assert!(world.is_here(greeting.event_id()).await && !world.is_here(unheard.event_id()).await);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_kept_out_sends_nothing() {
    worlds(async |world| {
        let acl = to_raw_value(&json!({ "allow": ["*"], "deny": ["b"] })).unwrap();
        let rooms = &world.server.rooms;
        rooms.send_state(&world.room_id, &user("alice"), "m.room.server_acl".into(), "", &acl, None).await.unwrap();
        let said = world.peer.make(&[&world.last], message("hello"));
        assert!(world.send(&[&said]).await[said.event_id()].is_err());
        assert!(world.flags(said.event_id()).await.is_none());
    })
    .await;
}
