//! Account data and tags.

use serde_json::json;

use crate::{
    client::{joined, types},
    world::{World, user},
};

#[tokio::test]
async fn account_data_is_told_when_it_changes() {
    let world = World::new().await;
    let mut alice = world.client("alice").await;
    let (room, other) = (world.room("alice").await, world.room("alice").await);
    world.set_account_data("alice", None, "t.global", json!({ "n": 1 })).await;
    world.set_account_data("alice", Some(&room), "t.room", json!({ "n": 2 })).await;
    let answer = alice.sync().await;
    // A first answer tells the predefined push rules too.
    let told = answer["account_data"]["events"].as_array().unwrap();
    let told: Vec<_> = told.iter().filter(|event| event["type"] != "m.push_rules").collect();
    assert_eq!(json!(told), json!([{ "type": "t.global", "content": { "n": 1 } }]));
    assert_eq!(joined(&answer, &room)["account_data"]["events"], json!([{ "type": "t.room", "content": { "n": 2 } }]));
    assert!(joined(&answer, &other).get("account_data").is_none());

    let info = serde_json::from_value(json!({ "order": 0.5 })).unwrap();
    world.accounts.set_tag(&user("alice"), &other, "u.work", info).await.unwrap();
    let answer = alice.sync().await;
    assert!(answer.get("account_data").is_none());
    assert!(joined(&answer, &room).is_null());
    let told = joined(&answer, &other);
    let tags = json!([{ "type": "m.tag", "content": { "tags": { "u.work": { "order": 0.5 } } } }]);
    assert_eq!(told["account_data"]["events"], tags);
    assert_eq!(told["timeline"]["events"], json!([]));
    assert_eq!(told["timeline"]["limited"], false);

    world.set_account_data("alice", None, "t.global", json!({ "n": 3 })).await;
    let answer = alice.sync().await;
    assert_eq!(answer["account_data"]["events"][0]["content"]["n"], 3);
    assert!(answer.get("rooms").is_none());
    assert!(alice.sync().await.get("account_data").is_none());
}

#[tokio::test]
async fn filters_choose_account_data() {
    let world = World::new().await;
    let mut alice = world.client("alice").await;
    let room = world.room("alice").await;
    for kind in ["t.one", "t.two", "x.three"] {
        world.set_account_data("alice", None, kind, json!({})).await;
        world.set_account_data("alice", Some(&room), kind, json!({})).await;
    }
    alice.filter = Some(json!({
        "account_data": { "types": ["t.*"], "not_types": ["*.two"] },
        "room": { "account_data": { "types": ["x.three"] } },
    }));
    let answer = alice.sync().await;
    assert_eq!(types(&answer["account_data"]), ["t.one"]);
    assert_eq!(types(&joined(&answer, &room)["account_data"]), ["x.three"]);
    world.set_account_data("alice", Some(&room), "t.one", json!({})).await;
    assert!(alice.sync().await.get("rooms").is_none());
}

#[tokio::test]
async fn who_comes_back_hears_what_was_said_of_the_room() {
    let world = World::new().await;
    let _alice = world.session("alice").await;
    let mut bob = world.client("bob").await;
    let room = world.room("alice").await;
    world.join(&room, "bob").await;
    world.set_account_data("bob", Some(&room), "t.room", json!({ "n": 1 })).await;
    world.leave(&room, "bob").await;
    bob.sync().await;
    world.join(&room, "bob").await;
    let answer = bob.sync().await;
    assert_eq!(joined(&answer, &room)["account_data"]["events"][0]["content"]["n"], 1);
}
