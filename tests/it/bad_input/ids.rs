//! Identifiers that are too long or none at all.

use serde_json::json;

use super::Calm;
use crate::client::encode;
use crate::database::{Database, on_both_databases};
use crate::user::{message, message_path};

on_both_databases!(ids_of_256_bytes, ids_that_are_none);

const TOO_LONG: &[&str] = &["400 M_INVALID_PARAM", "413 M_TOO_LARGE", "400 M_BAD_JSON", "400 M_INVALID_USERNAME"];

async fn ids_of_256_bytes(database: Database) {
    let mut calm = Calm::new(&database).await;
    let (alice, room) = (calm.alice.clone(), encode(&calm.room));
    let user = |bytes: usize| format!("@{}:peer.test", "u".repeat(bytes - "@:peer.test".len()));
    alice.put(&format!("/rooms/{room}/state/{}", "t".repeat(256)), json!({})).await.fails(TOO_LONG);
    alice.put(&format!("/rooms/{room}/state/a.b/{}", "k".repeat(256)), json!({})).await.fails(TOO_LONG);
    alice.put(&format!("/rooms/{room}/send/{}/1", "t".repeat(256)), json!({})).await.fails(TOO_LONG);
    alice.put(&message_path(&calm.room, &"t".repeat(256)), message("x")).await.fails(TOO_LONG);
    alice.post(&format!("/rooms/{room}/invite"), json!({ "user_id": user(256) })).await.fails(TOO_LONG);
    alice.post("/createRoom", json!({ "invite": [user(256)] })).await.fails(TOO_LONG);
    alice.post("/createRoom", json!({ "room_alias_name": "a".repeat(256) })).await.fails(&[
        "400 M_INVALID_PARAM",
        "413 M_TOO_LARGE",
        "400 M_BAD_JSON",
    ]);
    let account =
        json!({ "username": "u".repeat(256), "password": "a long password", "auth": { "type": "m.login.dummy" } });
    alice.post("/register", account).await.fails(TOO_LONG);
    for path in ["state", "members", "messages?dir=b"] {
        let unknown = format!("!{}:peer.test", "r".repeat(300));
        alice.get(&format!("/rooms/{}/{path}", encode(&unknown))).await.fails(&[
            "400 M_INVALID_PARAM",
            "403 M_FORBIDDEN",
            "404 M_NOT_FOUND",
        ]);
    }
    calm.is_undisturbed().await;
    alice.put(&format!("/rooms/{room}/state/{}/{}", "t".repeat(255), "k".repeat(255)), json!({})).await.ok();
    calm.server.is_sound();
}

async fn ids_that_are_none(database: Database) {
    let mut calm = Calm::new(&database).await;
    let alice = calm.alice.clone();
    let refused =
        &["400 M_INVALID_PARAM", "400 M_BAD_JSON", "403 M_FORBIDDEN", "404 M_NOT_FOUND", "404 M_UNRECOGNIZED"];
    for id in ["nothing", "!", "@alice:peer.test", "%FF%FE", "%00", "..", "!a%20b:peer.test"] {
        alice.get(&format!("/rooms/{id}/state")).await.fails(refused);
        alice.put(&format!("/rooms/{id}/send/m.room.message/1"), message("x")).await.fails(refused);
        alice.post(&format!("/join/{id}"), json!({})).await.fails(refused);
    }
    for id in ["nobody", "@", "@x", "", "!room:peer.test", "@x:not a server", "@\0:peer.test"] {
        alice.post(&format!("/rooms/{}/invite", encode(&calm.room)), json!({ "user_id": id })).await.fails(refused);
    }
    for path in
        ["/_matrix/client/v3/nonsense", "/_matrix/client/v99/sync", "/_matrix", "/_matrix/client/v3/rooms//state"]
    {
        alice.get(path).await.fails(&["404 M_UNRECOGNIZED"]);
    }
    alice.post("/sync", json!({})).await.fails(&["405 M_UNRECOGNIZED"]);
    calm.is_undisturbed().await;
}
