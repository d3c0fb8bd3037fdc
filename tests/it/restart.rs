//! What a restart keeps.

use serde_json::{Value, json};

use crate::client::{Client, encode};
use crate::database::{Database, on_both_databases};
use crate::server::Server;
use crate::user::{PASSWORD, User, timeline};

on_both_databases!(a_restart_keeps_everything, transaction_ids_outlive_a_restart);

/// All that the test made, as it looks from outside.
async fn look(client: &Client, user: &User, room: &str) -> Value {
    let id = encode(&user.id);
    let of = async |path: String| user.get(&path).await.ok();
    json!({
        "everything": user.everything(&[room]).await,
        "whoami": of("/account/whoami".into()).await,
        "profile": client.get(&format!("/profile/{id}")).await.ok(),
        "data": of(format!("/user/{id}/account_data/org.example.colour")).await,
        "tags": of(format!("/user/{id}/rooms/{}/tags", encode(room))).await,
        "filter": of(format!("/user/{id}/filter/{}", user_filter(user).await)).await,
        "alias": client.get(&format!("/directory/room/{}", encode("#tea:peer.test"))).await.ok(),
        "rules": of("/pushrules/".into()).await,
    })
}

/// A filter of the user; equal filters have one id.
async fn user_filter(user: &User) -> String {
    let filter = json!({ "room": { "timeline": { "limit": 7 } } });
    user.post(&format!("/user/{}/filter", encode(&user.id)), filter).await.text_at("filter_id")
}

async fn a_restart_keeps_everything(database: Database) {
    let mut server = Server::start(&database).await;
    let client = server.client().clone();
    let (alice, bob) = (server.register("alice").await, server.register("bob").await);
    let room = alice
        .post("/createRoom", json!({ "name": "Tea", "preset": "public_chat", "room_alias_name": "tea" }))
        .await
        .text_at("room_id");
    bob.join(&room).await;
    let (id, path) = (encode(&alice.id), encode(&room));
    alice.put(&format!("/profile/{id}/displayname"), json!({ "displayname": "Alice ☕" })).await.ok();
    alice.put(&format!("/user/{id}/account_data/org.example.colour"), json!({ "colour": "red" })).await.ok();
    alice.put(&format!("/user/{id}/rooms/{path}/tags/u.work"), json!({ "order": 0.5 })).await.ok();
    alice.put(&format!("/rooms/{path}/state/m.room.topic"), json!({ "topic": "Leaves" })).await.ok();
    let said = alice.say(&room, "1", "one").await;
    bob.say(&room, "1", "two").await;
    alice.put(&format!("/rooms/{path}/redact/{}/2", encode(&said)), json!({ "reason": "typo" })).await.ok();
    let gone = User::login(&client, "alice", PASSWORD).await;
    gone.post("/logout", json!({})).await.ok();
    let since = bob.sync(None, 0).await["next_batch"].as_str().unwrap().to_owned();
    alice.say(&room, "3", "three").await;
    let before = look(&client, &alice, &room).await;

    for hard in [false, true] {
        if hard {
            server.kill();
        } else {
            server.stop().await;
        }
        server.restart().await;
        assert_eq!(look(&client, &alice, &room).await, before, "after {}", if hard { "kill -9" } else { "a stop" });
        gone.get("/account/whoami").await.fails(&["401 M_UNKNOWN_TOKEN"]);
    }
    let missed = bob.sync(Some(&since), 0).await;
    let bodies: Vec<&Value> = timeline(&missed, &room).iter().map(|event| &event["content"]["body"]).collect();
    assert_eq!(bodies, ["three"], "{missed}");
    bob.say(&room, "4", "four").await;
    assert_eq!(alice.texts(&room).await, ["two", "three", "four"]);
    server.is_sound();
}

async fn transaction_ids_outlive_a_restart(database: Database) {
    let mut server = Server::start(&database).await;
    let alice = server.register("alice").await;
    let other_device = User::login(server.client(), "alice", PASSWORD).await;
    let room = alice.public_room("Tea").await;
    let first = alice.say(&room, "same", "once").await;
    assert_eq!(alice.say(&room, "same", "once").await, first);
    let redact = format!("/rooms/{}/redact/{}/gone", encode(&room), encode(&alice.say(&room, "2", "typo").await));
    let redaction = alice.put(&redact, json!({})).await.text_at("event_id");
    for _ in 0..2 {
        server.kill();
        server.restart().await;
        assert_eq!(alice.say(&room, "same", "once").await, first);
        assert_eq!(alice.put(&redact, json!({})).await.text_at("event_id"), redaction);
    }
    assert_eq!(alice.texts(&room).await, ["once"]);
    // Transaction ids are each device's own.
    assert_ne!(other_device.say(&room, "same", "once").await, first);
    assert_eq!(alice.texts(&room).await, ["once", "once"]);
    let sync = alice.sync(None, 0).await;
    let own: Vec<_> = timeline(&sync, &room).iter().filter_map(|e| e["unsigned"]["transaction_id"].as_str()).collect();
    assert_eq!(own.iter().filter(|id| **id == "same").count(), 1, "{sync}");
}
