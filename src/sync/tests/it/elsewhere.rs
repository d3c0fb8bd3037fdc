//! Invites and knocks in rooms that are not here.

use std::time::Duration;

use serde_json::{Value, json};
use store::rooms::{ForeignMember, Membership, foreign_member, keep_foreign, leave_foreign};

use crate::world::World;

fn event(sender: &str, membership: &str) -> String {
    let event = json!({
        "type": "m.room.member",
        "room_id": "!r:b",
        "sender": sender,
        "state_key": "@alice:test",
        "content": { "membership": membership },
        "origin_server_ts": 1,
        "depth": 1,
        "auth_events": [],
        "prev_events": [],
    });
    event.to_string()
}

fn row(room_id: &str, membership: Membership) -> ForeignMember {
    let sender = if membership == Membership::Knock { "@alice:test" } else { "@bob:b" };
    let name = json!({ "type": "m.room.name", "state_key": "", "sender": "@bob:b", "content": { "name": "Tea" } });
    ForeignMember {
        user_id: "@alice:test".into(),
        room_id: room_id.into(),
        membership: membership as i16,
        position: 0,
        version: "11".into(),
        sender: sender.into(),
        via: "b".into(),
        event_id: "$invite".into(),
        json: event(sender, membership.as_str()),
        state: json!([name]).to_string(),
    }
}

async fn keep(world: &World, row: ForeignMember) {
    world.store.write(move |tx| keep_foreign(tx, &row)).await.unwrap();
}

async fn leave(world: &World, room_id: &str) {
    let room_id = room_id.to_owned();
    let write = world.store.write(move |tx| {
        let open = foreign_member(tx.conn(), "@alice:test", &room_id)?.unwrap();
        leave_foreign(tx, &open, "$leave", "@alice:test", &event("@alice:test", "leave"))
    });
    assert!(write.await.unwrap());
}

#[tokio::test]
async fn they_come_wake_and_end() {
    let world = World::new().await;
    let mut alice = world.client("alice").await;
    alice.sync().await;
    let invite = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        keep(&world, row("!r:b", Membership::Invite)).await;
    };
    let (woken, ()) = tokio::join!(alice.sync_for(Duration::from_secs(20)), invite);
    let state = &woken["rooms"]["invite"]["!r:b"]["invite_state"]["events"];
    let types: Vec<&Value> = state.as_array().unwrap().iter().map(|event| &event["type"]).collect();
    assert_eq!(types, ["m.room.name", "m.room.member"], "the own membership is the last");

    keep(&world, row("!k:b", Membership::Knock)).await;
    let answer = alice.sync().await;
    assert!(answer["rooms"]["knock"]["!k:b"]["knock_state"]["events"].is_array(), "{answer}");
    leave(&world, "!r:b").await;
    let answer = alice.sync().await;
    let left = &answer["rooms"]["leave"]["!r:b"]["timeline"]["events"][0];
    assert_eq!((&left["event_id"], &left["content"]["membership"]), (&json!("$leave"), &json!("leave")));
    assert!(answer["rooms"].get("knock").is_none(), "it was told: {answer}");

    let first = alice.fresh().sync().await;
    assert!(first["rooms"]["knock"]["!k:b"].is_object(), "{first}");
    assert!(first["rooms"].get("invite").is_none() && first["rooms"].get("leave").is_none(), "{first}");
}

#[tokio::test]
async fn who_is_ignored_invites_nobody() {
    let world = World::new().await;
    let mut alice = world.client("alice").await;
    let ignored = json!({ "ignored_users": { "@bob:b": {} } });
    world.set_account_data("alice", None, "m.ignored_user_list", ignored).await;
    keep(&world, row("!r:b", Membership::Invite)).await;
    assert!(alice.sync().await["rooms"].get("invite").is_none());
}

/// CVE-2024-52815: one invite with nonsense beside it ended every sync of its user.
#[tokio::test]
async fn one_that_is_spoiled_spoils_nothing_else() {
    let world = World::new().await;
    let mut alice = world.client("alice").await;
    alice.sync().await;
    keep(&world, row("!good:b", Membership::Invite)).await;
    keep(&world, ForeignMember { state: "nonsense".into(), ..row("!state:b", Membership::Invite) }).await;
    keep(&world, ForeignMember { json: "{}".into(), ..row("!event:b", Membership::Knock) }).await;
    keep(&world, ForeignMember { version: "99".into(), ..row("!version:b", Membership::Leave) }).await;
    let answer = alice.sync().await;
    let invited: Vec<&String> = answer["rooms"]["invite"].as_object().unwrap().keys().collect();
    assert_eq!(invited, ["!good:b"], "{answer}");
    assert!(alice.fresh().sync().await["rooms"]["invite"]["!good:b"].is_object());
}
