//! Who may not: missing tokens, rooms and events that are not theirs.

use reqwest::Method;
use serde_json::json;

use super::Calm;
use crate::client::encode;
use crate::database::{Database, on_both_databases};
use crate::user::{PASSWORD, User, message, message_path};

on_both_databases!(missing_and_unknown_tokens, tokens_of_deleted_devices, unknown_rooms, foreign_rooms_and_events);

async fn missing_and_unknown_tokens(database: Database) {
    let mut calm = Calm::new(&database).await;
    let room = encode(&calm.room);
    let anybody = calm.server.client().clone();
    let wrong = anybody.with_token("no-such-token");
    let gets = [
        "/account/whoami".to_owned(),
        "/sync".into(),
        "/joined_rooms".into(),
        format!("/rooms/{room}/state"),
        "/devices".into(),
    ];
    for path in &gets {
        anybody.get(path).await.fails(&["401 M_MISSING_TOKEN"]);
        wrong.get(path).await.fails(&["401 M_UNKNOWN_TOKEN"]);
    }
    let puts = [message_path(&calm.room, "x"), format!("/rooms/{room}/state/m.room.topic")];
    for path in &puts {
        anybody.put(path, message("x")).await.fails(&["401 M_MISSING_TOKEN"]);
        wrong.put(path, message("x")).await.fails(&["401 M_UNKNOWN_TOKEN"]);
        // Who is not known learns nothing about the rest of the request either.
        anybody.raw(Method::PUT, path, "{").await.fails(&["401 M_MISSING_TOKEN"]);
    }
    for header in ["Bearer", "Basic YTpi", "Bearer  ", "bearer"] {
        let request = anybody.request(Method::GET, "/account/whoami").header("authorization", header);
        assert_eq!(request.send().await.unwrap().status(), 401, "{header:?}");
    }
    calm.is_undisturbed().await;
}

async fn tokens_of_deleted_devices(database: Database) {
    let mut calm = Calm::new(&database).await;
    let lost = User::login(calm.server.client(), "alice", PASSWORD).await;
    lost.get("/account/whoami").await.ok();
    let path = format!("/devices/{}", lost.device);
    let challenge = calm.alice.ask(Method::DELETE, &path, Some(&json!({}))).await.unwrap();
    assert_eq!(challenge.status, 401, "{}", challenge.text);
    let auth = json!({ "type": "m.login.password", "session": challenge.json["session"], "password": PASSWORD,
        "identifier": { "type": "m.id.user", "user": "alice" } });
    calm.alice.ask(Method::DELETE, &path, Some(&json!({ "auth": auth }))).await.unwrap().ok();
    lost.get("/account/whoami").await.fails(&["401 M_UNKNOWN_TOKEN"]);
    lost.put(&message_path(&calm.room, "x"), message("x")).await.fails(&["401 M_UNKNOWN_TOKEN"]);
    calm.server.kill();
    calm.server.restart().await;
    lost.get("/sync").await.fails(&["401 M_UNKNOWN_TOKEN"]);
    calm.is_undisturbed().await;
}

async fn unknown_rooms(database: Database) {
    let mut calm = Calm::new(&database).await;
    let refused = &["403 M_FORBIDDEN", "404 M_NOT_FOUND"];
    for unknown in ["!unknown:peer.test", "!unknown:elsewhere.test", "!Zk3lS2TsDLb9NHqtVWb9uWUfn1ZX1PAVfPrzDGbf5bE"] {
        let room = encode(unknown);
        for path in
            ["state", "messages?dir=b", "members", "joined_members", "event/$x", "context/$x", "state/m.room.name"]
        {
            calm.alice.get(&format!("/rooms/{room}/{path}")).await.fails(refused);
        }
        calm.alice.put(&message_path(unknown, "x"), message("x")).await.fails(refused);
        calm.alice.post(&format!("/rooms/{room}/leave"), json!({})).await.fails(refused);
        for action in ["invite", "kick", "ban", "unban"] {
            let reply =
                calm.alice.post(&format!("/rooms/{room}/{action}"), json!({ "user_id": "@bob:peer.test" })).await;
            reply.fails(refused);
        }
        calm.alice.post(&format!("/rooms/{room}/upgrade"), json!({ "new_version": "11" })).await.fails(refused);
    }
    calm.is_undisturbed().await;
}

async fn foreign_rooms_and_events(database: Database) {
    let mut calm = Calm::new(&database).await;
    let carol = calm.server.register("carol").await;
    let theirs = carol.post("/createRoom", json!({ "preset": "private_chat" })).await.text_at("room_id");
    let secret = carol.say(&theirs, "1", "a secret").await;
    let (their_path, our_path, event) = (encode(&theirs), encode(&calm.room), encode(&secret));
    let refused = &["403 M_FORBIDDEN", "404 M_NOT_FOUND"];
    for path in ["state", "messages?dir=b", "members", "joined_members", "state/m.room.member/@carol:peer.test"] {
        calm.alice.get(&format!("/rooms/{their_path}/{path}")).await.fails(refused);
    }
    for room in [&their_path, &our_path] {
        // Neither in its own room nor by way of one's own.
        for path in ["event", "context"] {
            calm.alice.get(&format!("/rooms/{room}/{path}/{event}")).await.fails(refused);
        }
        let redacted = calm.alice.put(&format!("/rooms/{room}/redact/{event}/r"), json!({})).await;
        redacted.fails(refused);
    }
    calm.alice.put(&message_path(&theirs, "x"), message("x")).await.fails(refused);
    calm.alice
        .put(&format!("/rooms/{our_path}/state/m.room.member/{}", encode(&carol.id)), json!({ "membership": "join" }))
        .await
        .fails(&["403 M_FORBIDDEN", "400 M_BAD_JSON"]);
    // Bob has no power here.
    calm.bob
        .put(&format!("/rooms/{our_path}/state/m.room.name"), json!({ "name": "Bob's" }))
        .await
        .fails(&["403 M_FORBIDDEN"]);
    calm.bob
        .post(&format!("/rooms/{our_path}/kick"), json!({ "user_id": calm.alice.id }))
        .await
        .fails(&["403 M_FORBIDDEN"]);
    for path in
        [format!("/user/{}/account_data/a.b", encode(&carol.id)), format!("/profile/{}/displayname", encode(&carol.id))]
    {
        calm.alice.put(&path, json!({ "displayname": "x" })).await.fails(&["403 M_FORBIDDEN"]);
    }
    calm.is_undisturbed().await;
    assert_eq!(carol.texts(&theirs).await, ["a secret"]);
}
