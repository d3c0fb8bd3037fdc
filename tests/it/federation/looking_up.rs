//! What clients ask of other servers: profiles, aliases, directories, spaces.

use serde_json::{Value, json};

use super::world::World;
use crate::{
    client::encode,
    database::{Database, on_both_databases},
    user::User,
};

on_both_databases!(
    profiles_are_looked_up,
    aliases_are_looked_up,
    directories_are_looked_up,
    trees_go_on_elsewhere,
    rooms_elsewhere_are_summed_up,
);

async fn profiles_are_looked_up(database: Database) {
    let mut world = World::start::<2>(database).await;
    let (alice, bob) = (world.user(0, "alice").await, world.user(1, "bob").await);
    let name = json!({ "displayname": "Bob over there" });
    bob.put(&format!("/profile/{}/displayname", encode(&bob.id)), name.clone()).await.ok();
    let path = format!("/profile/{}", encode(&bob.id));
    assert_eq!(alice.get(&path).await.json["displayname"], "Bob over there");
    assert_eq!(alice.get(&format!("{path}/displayname")).await.json, name);
    alice.get(&format!("{path}/org.example.nothing")).await.fails(&["404 M_NOT_FOUND"]);
    alice.get(&format!("/profile/{}", encode("@nobody:two.test"))).await.fails(&["404 M_NOT_FOUND"]);
    alice.get(&format!("/profile/{}", encode("@nobody:nowhere.test"))).await.fails(&["502 M_UNKNOWN"]);
    // It is known for a while.
    world.servers[1].kill();
    assert_eq!(alice.get(&path).await.json["displayname"], "Bob over there");
}

async fn aliases_are_looked_up(database: Database) {
    let world = World::start::<2>(database).await;
    let (alice, bob) = (world.user(0, "alice").await, world.user(1, "bob").await);
    let options = json!({ "preset": "public_chat", "room_alias_name": "tea" });
    let room = bob.post("/createRoom", options).await.text_at("room_id");
    let found = alice.get(&format!("/directory/room/{}", encode("#tea:two.test"))).await;
    assert_eq!(found.json, json!({ "room_id": room, "servers": ["two.test"] }));
    alice.get(&format!("/directory/room/{}", encode("#none:two.test"))).await.fails(&["404 M_NOT_FOUND"]);
    alice.get(&format!("/directory/room/{}", encode("#none:nowhere.test"))).await.fails(&["502 M_UNKNOWN"]);
}

async fn directories_are_looked_up(database: Database) {
    let world = World::start::<2>(database).await;
    let (alice, bob) = (world.user(0, "alice").await, world.user(1, "bob").await);
    for name in ["Tea", "Coffee", "Cocoa"] {
        let options = json!({ "preset": "public_chat", "visibility": "public", "name": name });
        bob.post("/createRoom", options).await.ok();
    }
    let names = |page: &Value| -> Vec<String> {
        let rooms = page["chunk"].as_array().unwrap();
        rooms.iter().map(|room| room["name"].as_str().unwrap().to_owned()).collect()
    };
    let first = alice.get("/publicRooms?server=two.test&limit=2").await.json;
    assert_eq!(first["total_room_count_estimate"], 3);
    let next = encode(first["next_batch"].as_str().unwrap());
    let second = alice.get(&format!("/publicRooms?server=two.test&limit=2&since={next}")).await.json;
    let mut all = [names(&first), names(&second)].concat();
    all.sort();
    assert_eq!(all, ["Cocoa", "Coffee", "Tea"]);
    let search = json!({ "filter": { "generic_search_term": "tea" } });
    assert_eq!(names(&alice.post("/publicRooms?server=two.test", search).await.json), ["Tea"]);
    let spaces = json!({ "filter": { "room_types": ["m.space"] } });
    assert!(names(&alice.post("/publicRooms?server=two.test", spaces).await.json).is_empty());
    alice.get("/publicRooms?server=nowhere.test").await.fails(&["502 M_UNKNOWN"]);
}

/// A public space or room of somebody's.
async fn room(user: &User, name: &str, is_space: bool) -> String {
    let creation = if is_space { json!({ "type": "m.space" }) } else { json!({}) };
    let options = json!({ "preset": "public_chat", "name": name, "creation_content": creation });
    user.post("/createRoom", options).await.text_at("room_id")
}

async fn add(user: &User, space: &str, child: &str, via: &str) {
    let path = format!("/rooms/{}/state/m.space.child/{}", encode(space), encode(child));
    user.put(&path, json!({ "via": [via] })).await.ok();
}

async fn trees_go_on_elsewhere(database: Database) {
    let mut world = World::start::<3>(database).await;
    let (alice, bob, carol) = (world.user(0, "alice").await, world.user(1, "bob").await, world.user(2, "carol").await);
    let (top, inner, leaf) =
        (room(&alice, "top", true).await, room(&bob, "inner", true).await, room(&bob, "leaf", false).await);
    let deep = room(&carol, "deep", true).await;
    let options = json!({ "preset": "private_chat", "name": "closed" });
    let closed = bob.post("/createRoom", options).await.text_at("room_id");
    add(&alice, &top, &inner, "two.test").await;
    add(&alice, &top, "!nothing:nowhere.test", "nowhere.test").await;
    for (child, via) in [(&leaf, "two.test"), (&closed, "two.test"), (&deep, "three.test")] {
        add(&bob, &inner, child, via).await;
    }
    add(&carol, &deep, &top, "one.test").await;
    let names = |page: &Value| -> Vec<String> {
        let rooms = page["rooms"].as_array().unwrap();
        rooms.iter().map(|room| room["name"].as_str().unwrap().to_owned()).collect()
    };
    let path = format!("/_matrix/client/v1/rooms/{}/hierarchy", encode(&top));
    let whole = alice.get(&path).await.json;
    assert_eq!(names(&whole), ["top", "inner", "leaf", "deep"], "{whole}");
    assert_eq!(whole["rooms"][3]["children_state"][0]["state_key"], top);
    let (mut paged, mut from) = (Vec::new(), String::new());
    loop {
        let page = alice.get(&format!("{path}?limit=1{from}")).await.json;
        paged.extend(names(&page));
        let Some(next) = page["next_batch"].as_str() else { break };
        from = format!("&from={}", encode(next));
    }
    assert_eq!(paged, ["top", "inner", "leaf", "deep"]);
    // The space on top may be elsewhere, too.
    let elsewhere = format!("/_matrix/client/v1/rooms/{}/hierarchy?via=two.test", encode(&inner));
    assert_eq!(names(&alice.get(&elsewhere).await.json), ["inner", "leaf", "deep", "top"]);
    world.is_sound();
}

async fn rooms_elsewhere_are_summed_up(database: Database) {
    let world = World::start::<2>(database).await;
    let (alice, bob) = (world.user(0, "alice").await, world.user(1, "bob").await);
    let options = json!({ "preset": "public_chat", "name": "Tea", "room_alias_name": "tea" });
    let tea = bob.post("/createRoom", options).await.text_at("room_id");
    let closed = bob.post("/createRoom", json!({ "preset": "private_chat" })).await.text_at("room_id");
    for path in [format!("{}?via=two.test", encode(&tea)), encode("#tea:two.test")] {
        let summary = alice.get(&format!("/_matrix/client/v1/room_summary/{path}")).await.json;
        assert_eq!((&summary["room_id"], &summary["name"]), (&json!(tea), &json!("Tea")), "{path}");
        assert_eq!(summary["membership"], "leave");
    }
    let path = format!("/_matrix/client/v1/room_summary/{}?via=two.test", encode(&closed));
    alice.get(&path).await.fails(&["404 M_NOT_FOUND"]);
}
