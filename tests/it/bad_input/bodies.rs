//! Bodies that are no JSON, or of the wrong shape.

use reqwest::Method;
use serde_json::json;

use super::Calm;
use crate::client::encode;
use crate::database::{Database, on_both_databases};
use crate::user::message_path;

on_both_databases!(bodies_that_are_no_json, bodies_of_the_wrong_shape);

const NOT_JSON: &[&str] = &["400 M_NOT_JSON"];
const WRONG_SHAPE: &[&str] = &["400 M_BAD_JSON", "400 M_INVALID_PARAM", "400 M_MISSING_PARAM"];

/// What is no JSON at all.
pub fn garbage() -> Vec<Vec<u8>> {
    let texts = [
        "{",
        "{\"body\":}",
        "{\"a\":1,}",
        "[1",
        "nul",
        "{\"a\":1}}",
        "{'a':1}",
        "{\"a\":01}",
        "{\"body\":\"\\ud800\",\"name\":\"\\ud800\"}",
    ];
    let mut all: Vec<Vec<u8>> = texts.iter().map(|text| text.as_bytes().to_vec()).collect();
    all.push(b"{\"body\":\"\xff\xfe\",\"name\":\"\xff\"}".to_vec());
    all.push(b"{\"body\":\"\x01\"}".to_vec());
    all
}

async fn bodies_that_are_no_json(database: Database) {
    let mut calm = Calm::new(&database).await;
    let room = encode(&calm.room);
    let endpoints = [
        (Method::PUT, message_path(&calm.room, "x")),
        (Method::PUT, format!("/rooms/{room}/state/m.room.topic")),
        (Method::POST, "/createRoom".to_owned()),
        (Method::PUT, format!("/user/{}/account_data/org.example", encode(&calm.alice.id))),
        (Method::POST, format!("/user/{}/filter", encode(&calm.alice.id))),
        (Method::POST, format!("/rooms/{room}/invite")),
        (Method::POST, "/login".to_owned()),
        (Method::POST, "/register".to_owned()),
    ];
    for (method, path) in &endpoints {
        for body in garbage() {
            let shown = String::from_utf8_lossy(&body).into_owned();
            let reply = calm.alice.raw(method.clone(), path, body).await;
            // A lone surrogate is JSON by its grammar, but no text; and so, nearly, is what is not UTF-8.
            let nearly = shown.contains("ud800") || shown.contains('\u{fffd}');
            let allowed: &[&str] = if nearly { &["400 M_NOT_JSON", "400 M_BAD_JSON"] } else { NOT_JSON };
            reply.fails(allowed);
        }
    }
    calm.is_undisturbed().await;
}

async fn bodies_of_the_wrong_shape(database: Database) {
    let mut calm = Calm::new(&database).await;
    let (room, alice) = (encode(&calm.room), calm.alice.clone());
    let state = |kind: &str| format!("/rooms/{room}/state/{kind}");
    let wrong = [json!([]), json!(null), json!("text"), json!(7), json!(true)];
    for path in
        [message_path(&calm.room, "x"), state("m.room.topic"), format!("/user/{}/account_data/a.b", encode(&alice.id))]
    {
        for body in &wrong {
            alice.put(&path, body.clone()).await.fails(WRONG_SHAPE);
        }
    }
    for body in [
        json!({ "invite": "@bob:peer.test" }),
        json!({ "invite": ["not an id"] }),
        json!({ "creation_content": [] }),
        json!({ "initial_state": {} }),
        json!({ "initial_state": [{ "type": 5, "content": {} }] }),
        json!({ "preset": "palace" }),
        json!({ "visibility": 3 }),
        json!({ "name": {} }),
        json!({ "power_level_content_override": { "users": [] } }),
    ] {
        alice.post("/createRoom", body).await.fails(WRONG_SHAPE);
    }
    alice.post("/createRoom", json!({ "room_version": "99" })).await.fails(&["400 M_UNSUPPORTED_ROOM_VERSION"]);
    for (kind, content) in [
        ("m.room.power_levels", json!({ "users": { "@alice:peer.test": "a lot" } })),
        ("m.room.power_levels", json!({ "users": { "not an id": 100 } })),
    ] {
        let reply = alice.put(&state(kind), content).await;
        reply.fails(&["400 M_BAD_JSON", "400 M_INVALID_PARAM", "403 M_FORBIDDEN"]);
    }
    let member = state(&format!("m.room.member/{}", encode(&alice.id)));
    for content in [json!({ "membership": 5 }), json!({ "membership": "emperor" }), json!({})] {
        alice.put(&member, content).await.fails(&[
            "400 M_BAD_JSON",
            "400 M_INVALID_PARAM",
            "400 M_MISSING_PARAM",
            "403 M_FORBIDDEN",
        ]);
    }
    for query in ["limit=many", "limit=-1", "dir=x", "dir=b&from=nonsense", "dir=b&to=t1", "dir=b&filter=%7B"] {
        alice.get(&format!("/rooms/{room}/messages?{query}")).await.fails(&[
            "400 M_INVALID_PARAM",
            "400 M_MISSING_PARAM",
            "400 M_NOT_JSON",
            "400 M_BAD_JSON",
        ]);
    }
    for query in [
        "since=nonsense",
        "since=s-1",
        "since=s99999999999999999999",
        "timeout=soon",
        "filter=%7B%22room%22:5%7D",
        "filter=unheard",
    ] {
        alice.get(&format!("/sync?{query}")).await.fails(&[
            "400 M_INVALID_PARAM",
            "400 M_BAD_JSON",
            "400 M_NOT_JSON",
            "404 M_NOT_FOUND",
            "400 M_UNKNOWN",
        ]);
    }
    calm.is_undisturbed().await;
}
