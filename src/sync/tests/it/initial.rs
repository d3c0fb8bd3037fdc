//! First syncs.

use serde_json::{Value, json};

use crate::{
    client::{bodies, joined, limit, types},
    world::{Ask, World},
};

#[tokio::test]
async fn a_small_room_is_told_from_its_beginning() {
    let world = World::new().await;
    let mut alice = world.client("alice").await;
    let room = world.room("alice").await;
    world.say(&room, "alice", "one").await;
    let answer = alice.sync().await;
    let told = joined(&answer, &room);
    assert_eq!(told["timeline"]["limited"], false);
    assert_eq!(told["state"]["events"], json!([]));
    assert_eq!(told["timeline"]["events"][0]["type"], "m.room.create");
    assert_eq!(bodies(told), ["one"]);
    assert_eq!(told["summary"], json!({ "m.heroes": [], "m.joined_member_count": 1, "m.invited_member_count": 0 }));
    assert_eq!(told["unread_notifications"], json!({ "highlight_count": 0, "notification_count": 0 }));
    assert!(told["timeline"]["events"][0].get("room_id").is_none());
}

#[tokio::test]
async fn a_larger_room_is_told_by_its_newest_events_and_the_state_before_them() {
    let world = World::new().await;
    let mut alice = world.client("alice").await;
    let room = world.room("alice").await;
    world.topic(&room, "alice", "old").await;
    for n in 0..12 {
        world.say(&room, "alice", &n.to_string()).await;
    }
    let new = world.topic(&room, "alice", "new").await;
    let answer = alice.sync().await;
    let told = joined(&answer, &room);
    assert_eq!(told["timeline"]["limited"], true);
    assert_eq!(bodies(told), ["3", "4", "5", "6", "7", "8", "9", "10", "11"]);
    let topics: Vec<&Value> = events(&told["state"]).filter(|event| event["type"] == "m.room.topic").collect();
    assert_eq!(topics.len(), 1);
    assert_eq!(topics[0]["content"]["topic"], "old");
    assert!(types(&told["state"]).contains(&"member @alice".to_owned()));
    assert_eq!(events(&told["timeline"]).last().unwrap()["event_id"], new.as_str());
    assert!(told["timeline"]["prev_batch"].as_str().unwrap().starts_with('s'));
}

#[tokio::test]
async fn a_filter_says_how_long_timelines_are() {
    let world = World::new().await;
    let mut alice = world.client("alice").await;
    let room = world.room("alice").await;
    for n in 0..150 {
        world.say(&room, "alice", &n.to_string()).await;
    }
    for (asked, got) in [(0, 0), (1, 1), (20, 20), (60, 60), (1_000, 100)] {
        alice = alice.fresh();
        alice.filter = limit(asked);
        let answer = alice.sync().await;
        let told = joined(&answer, &room);
        assert_eq!(bodies(told).len(), got, "limit {asked}");
        assert_eq!(told["timeline"]["limited"], true);
    }
}

#[tokio::test]
async fn what_a_user_has_left_is_told_only_on_demand() {
    let world = World::new().await;
    let mut alice = world.client("alice").await;
    let mut bob = world.client("bob").await;
    let (room, other) = (world.room("alice").await, world.room("alice").await);
    world.join(&room, "bob").await;
    world.join(&other, "bob").await;
    world.say(&room, "alice", "before").await;
    world.leave(&room, "bob").await;
    world.say(&room, "alice", "after").await;
    world.topic(&room, "alice", "secret").await;
    assert!(bob.sync().await["rooms"].get("leave").is_none());

    let mut bob = bob.fresh();
    bob.filter = Some(json!({ "room": { "include_leave": true } }));
    let answer = bob.sync().await;
    let told = crate::client::left(&answer, &room);
    assert_eq!(bodies(told), ["before"]);
    assert_eq!(events(&told["timeline"]).last().unwrap()["content"]["membership"], "leave");
    assert!(!answer.to_string().contains("secret"));
    assert!(told.get("unread_notifications").is_none());

    world.rooms.forget(&room, &crate::world::user("bob")).await.unwrap();
    assert!(bob.fresh().sync().await["rooms"].get("leave").is_none());
    assert_eq!(bodies(joined(&alice.sync().await, &room)), ["before", "after"]);
}

#[tokio::test]
async fn tokens_that_are_none_are_refused() {
    let world = World::new().await;
    let alice = world.session("alice").await;
    for since in ["", "x", "s", "s-1", "s1x", "t1_2", "s999999999"] {
        let ask = Ask { since: Some(since.into()), ..Ask::default() };
        let refused = world.sync(&alice, ask.clone()).await;
        assert!(matches!(refused, Err(sync::Error::InvalidParam(_))), "{since}");
        let refused = world.sync(&alice, Ask { full_state: true, ..ask }).await;
        assert!(matches!(refused, Err(sync::Error::InvalidParam(_))), "{since}");
    }
}

fn events(section: &Value) -> impl Iterator<Item = &Value> {
    section["events"].as_array().into_iter().flatten()
}
