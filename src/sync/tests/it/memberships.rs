//! Coming and going.

use std::time::Duration;

use serde_json::json;

use crate::{
    client::{bodies, joined, left, limit, types},
    world::{Ask, World, user},
};

#[tokio::test]
async fn a_room_that_was_joined_is_told_whole() {
    let world = World::new().await;
    let _alice = world.session("alice").await;
    let mut bob = world.client("bob").await;
    bob.filter = limit(3);
    let room = world.room("alice").await;
    world.topic(&room, "alice", "topic").await;
    for text in ["one", "two", "three"] {
        world.say(&room, "alice", text).await;
    }
    bob.sync().await;
    world.join(&room, "bob").await;
    let answer = bob.sync().await;
    let told = joined(&answer, &room);
    assert_eq!(bodies(told), ["two", "three"]);
    assert_eq!(told["timeline"]["limited"], true);
    assert!(types(&told["state"]).contains(&"m.room.topic".to_owned()));
    assert_eq!(told["summary"]["m.heroes"], json!(["@alice:test"]));
    let events = told["timeline"]["events"].as_array().unwrap();
    assert_eq!(events[0]["unsigned"]["membership"], "leave");
    assert_eq!(events[2]["unsigned"]["membership"], "join");
}

#[tokio::test]
async fn who_joins_sees_no_more_than_the_room_lets_them() {
    let world = World::new().await;
    let _alice = world.session("alice").await;
    let mut bob = world.client("bob").await;
    let room = world.room("alice").await;
    world.say(&room, "alice", "shared").await;
    world.set(&room, "alice", "m.room.history_visibility", "", json!({ "history_visibility": "joined" })).await;
    world.say(&room, "alice", "hidden").await;
    world.join(&room, "bob").await;
    world.say(&room, "alice", "seen").await;
    assert_eq!(bodies(joined(&bob.sync().await, &room)), ["shared", "seen"]);
}

#[tokio::test]
async fn a_room_that_was_left_is_told_up_to_there() {
    let world = World::new().await;
    let _alice = world.session("alice").await;
    let mut bob = world.client("bob").await;
    let room = world.room("alice").await;
    world.join(&room, "bob").await;
    bob.sync().await;
    world.say(&room, "alice", "before").await;
    world.leave(&room, "bob").await;
    world.say(&room, "alice", "after").await;
    let answer = bob.sync().await;
    let told = left(&answer, &room);
    assert_eq!(bodies(told), ["before"]);
    assert_eq!(types(&told["timeline"]), ["m.room.message", "member @bob"]);
    assert_eq!(told["state"]["events"], json!([]));
    assert!(answer["rooms"].get("join").is_none());
    world.say(&room, "alice", "later").await;
    assert!(bob.sync().await.get("rooms").is_none());
}

#[tokio::test]
async fn a_ban_after_leaving_is_told_and_nothing_between() {
    let world = World::new().await;
    let _alice = world.session("alice").await;
    let mut bob = world.client("bob").await;
    let room = world.room("alice").await;
    world.join(&room, "bob").await;
    bob.sync().await;
    let mut slow = bob.fresh();
    slow.since = bob.since.clone();
    world.leave(&room, "bob").await;
    bob.sync().await;
    world.say(&room, "alice", "secret").await;
    world.topic(&room, "alice", "secret").await;
    world.ban(&room, "alice", "bob").await;
    let answer = bob.sync().await;
    let told = left(&answer, &room);
    assert_eq!(types(&told["timeline"]), ["member @bob"]);
    assert_eq!(told["timeline"]["events"][0]["content"]["membership"], "ban");
    assert_eq!(told["state"]["events"], json!([]));

    let answer = slow.sync().await;
    let told = left(&answer, &room);
    assert_eq!(types(&told["timeline"]), ["member @bob", "member @bob"]);
    assert!(!answer.to_string().contains("secret"));
}

#[tokio::test]
async fn who_comes_and_goes_between_two_syncs_hears_of_both() {
    let world = World::new().await;
    let _alice = world.session("alice").await;
    let mut bob = world.client("bob").await;
    let room = world.room("alice").await;
    bob.sync().await;
    world.join(&room, "bob").await;
    world.say(&room, "alice", "seen").await;
    world.leave(&room, "bob").await;
    world.say(&room, "alice", "secret").await;
    let answer = bob.sync().await;
    let told = left(&answer, &room);
    assert_eq!(bodies(told), ["seen"]);
    assert!(!answer.to_string().contains("secret"));
}

#[tokio::test]
async fn who_goes_and_comes_back_between_two_syncs_is_joined() {
    let world = World::new().await;
    let _alice = world.session("alice").await;
    let mut bob = world.client("bob").await;
    let room = world.room("alice").await;
    world.set(&room, "alice", "m.room.history_visibility", "", json!({ "history_visibility": "joined" })).await;
    world.join(&room, "bob").await;
    bob.sync().await;
    world.leave(&room, "bob").await;
    world.say(&room, "alice", "missed").await;
    world.topic(&room, "alice", "new").await;
    world.join(&room, "bob").await;
    world.say(&room, "alice", "heard").await;
    let answer = bob.sync().await;
    assert!(answer["rooms"].get("leave").is_none());
    assert_eq!(bodies(joined(&answer, &room)), ["heard"]);
    let topics = bob.joined[room.as_str()].keys().filter(|(kind, _)| kind == "m.room.topic").count();
    assert_eq!(topics, 1);
}

#[tokio::test]
async fn an_invitation_is_told_with_what_the_room_is() {
    let world = World::new().await;
    let _alice = world.session("alice").await;
    let mut bob = world.client("bob").await;
    bob.sync().await;
    let request = json!({ "preset": "private_chat", "name": "N", "topic": "T" });
    let room = world.room_with("alice", request).await;
    world.say(&room, "alice", "secret").await;
    world.invite(&room, "alice", "bob").await;
    world.set(&room, "alice", "m.room.name", "", json!({ "name": "later" })).await;
    for mut client in [bob.fresh(), {
        let mut same = bob.fresh();
        same.since = bob.since.clone();
        same
    }] {
        let answer = client.sync().await;
        let invite = &answer["rooms"]["invite"][room.as_str()]["invite_state"];
        let types = types(invite);
        for kind in
            ["m.room.create", "m.room.join_rules", "m.room.name", "m.room.topic", "member @alice", "member @bob"]
        {
            assert!(types.contains(&kind.to_owned()), "{kind}");
        }
        for event in invite["events"].as_array().unwrap() {
            let fields: Vec<&String> = event.as_object().unwrap().keys().collect();
            assert_eq!(fields, ["content", "sender", "state_key", "type"]);
        }
        assert!(!answer.to_string().contains("secret") && !answer.to_string().contains("later"));
        assert!(client.sync().await.get("rooms").is_none());
    }
    bob.sync().await;
    world.leave(&room, "bob").await;
    let answer = bob.sync().await;
    assert_eq!(types(&left(&answer, &room)["timeline"]), ["member @bob"]);
    assert_eq!(left(&answer, &room)["state"]["events"], json!([]));
}

#[tokio::test]
async fn a_knock_is_told_to_who_knocked() {
    let world = World::new().await;
    let _alice = world.session("alice").await;
    let mut bob = world.client("bob").await;
    bob.sync().await;
    let state = json!([{ "type": "m.room.join_rules", "state_key": "", "content": { "join_rule": "knock" } }]);
    let room = world.room_with("alice", json!({ "initial_state": state, "name": "N" })).await;
    world.rooms.knock(&room, &user("bob"), None).await.unwrap();
    let answer = bob.sync().await;
    let knock = &answer["rooms"]["knock"][room.as_str()]["knock_state"];
    assert!(types(knock).contains(&"m.room.name".to_owned()));
    assert!(types(knock).contains(&"member @bob".to_owned()));
    world.leave(&room, "bob").await;
    assert!(!left(&bob.sync().await, &room).is_null());
}

#[tokio::test]
async fn invitations_of_ignored_users_are_hidden_and_so_are_their_words() {
    let world = World::new().await;
    let _alice = world.session("alice").await;
    let _carol = world.session("carol").await;
    let mut bob = world.client("bob").await;
    let room = world.room("alice").await;
    world.join(&room, "bob").await;
    world.join(&room, "carol").await;
    bob.sync().await;
    let ignored = json!({ "ignored_users": { "@carol:test": {} } });
    world.set_account_data("bob", None, "m.ignored_user_list", ignored).await;
    bob.sync().await;
    let other = world.room("carol").await;
    world.invite(&other, "carol", "bob").await;
    world.say(&room, "carol", "hidden").await;
    let waited = bob.sync_for(Duration::from_millis(10)).await;
    assert!(waited.get("rooms").is_none(), "{waited}");
    world.say(&room, "alice", "seen").await;
    world.leave(&room, "carol").await;
    let answer = bob.sync().await;
    assert_eq!(bodies(joined(&answer, &room)), ["seen"]);
    assert_eq!(types(&joined(&answer, &room)["timeline"]), ["m.room.message", "member @carol"]);
    let first = world.sync(&bob.session, Ask::default()).await.unwrap();
    assert!(first["rooms"].get("invite").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_room_that_was_deleted_is_left_by_those_who_were_away() {
    let world = World::new().await;
    let _alice = world.session("alice").await;
    let (mut bob, mut carol) = (world.client("bob").await, world.client("carol").await);
    let (room, other) = (world.room("alice").await, world.room("alice").await);
    world.join(&room, "bob").await;
    world.invite(&room, "alice", "carol").await;
    world.join(&other, "bob").await;
    bob.sync().await;
    carol.sync().await;
    let mut away = bob.fresh();
    away.since = bob.since.clone();
    world.rooms.purge(&room).await.unwrap();
    world.rooms.finish_purges().await.unwrap();
    for client in [&mut away, &mut carol] {
        let answer = client.sync().await;
        let told = left(&answer, &room);
        assert_eq!((&told["timeline"]["events"], &told["state"]["events"]), (&json!([]), &json!([])));
        assert!(answer["rooms"].get("join").is_none() && answer["rooms"].get("invite").is_none());
        assert!(client.sync().await.get("rooms").is_none(), "once is enough");
    }
    let mut fresh = bob.fresh();
    assert!(fresh.sync().await["rooms"].get("leave").is_none());
}
