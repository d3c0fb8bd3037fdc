//! What is just above a bound of ours is refused whole, and what is just below is taken.

use reqwest::Method;
use serde_json::{Map, Value, json};

use super::Calm;
use crate::client::Reply;
use crate::database::{Database, on_both_databases};
use crate::user::User;

on_both_databases!(bounds_of_keys_and_messages);

/// Bytes of a body.
const BODY_BYTES: usize = 1 << 20;

async fn bounds_of_keys_and_messages(database: Database) {
    let mut calm = Calm::new(&database).await;
    places_of_messages(&calm).await;
    one_time_keys(&calm).await;
    fallback_keys(&calm).await;
    users_of_a_query(&calm).await;
    signed_objects(&calm).await;
    calm.is_undisturbed().await;
}

/// An object with so many keys, each of the same value.
fn object(count: usize, name: impl Fn(usize) -> String, value: &Value) -> Value {
    (0..count).map(|number| (name(number), value.clone())).collect::<Map<String, Value>>().into()
}

/// Asks with a body that fits.
async fn ask(user: &User, method: Method, path: &str, body: Value) -> Reply {
    let text = body.to_string();
    assert!(text.len() <= BODY_BYTES, "{} bytes are another test", text.len());
    user.raw(method, path, text).await
}

async fn places_of_messages(calm: &Calm) {
    let send = async |count: usize, transaction: &str| {
        let devices = object(count - 1, |number| format!("D{number}"), &json!({}));
        let messages = json!({ &calm.bob.id: { &calm.bob.device: {} }, &calm.alice.id: devices });
        let path = format!("/sendToDevice/m.test/{transaction}");
        ask(&calm.alice, Method::PUT, &path, json!({ "messages": messages })).await
    };
    send(10_001, "above").await.fails(&["413 M_TOO_LARGE"]);
    assert_eq!(calm.bob.sync(None, 0).await["to_device"], Value::Null, "nothing of it is delivered");
    send(10_000, "below").await.ok();
    let heard = calm.bob.sync(None, 0).await;
    assert_eq!(heard["to_device"]["events"].as_array().map(Vec::len), Some(1));
}

async fn one_time_keys(calm: &Calm) {
    let upload = async |count: usize| {
        let keys = object(count, |number| format!("org.example.kind:{number}"), &json!("key"));
        ask(&calm.bob, Method::POST, "/keys/upload", json!({ "one_time_keys": keys })).await
    };
    let counts = async || calm.bob.post("/keys/upload", json!({})).await.ok()["one_time_key_counts"].clone();
    upload(1_001).await.fails(&["413 M_TOO_LARGE"]);
    assert_eq!(counts().await["org.example.kind"], Value::Null);
    upload(1_000).await.ok();
    assert_eq!(counts().await["org.example.kind"], 1_000);
    let more = json!({ "one_time_keys": { "org.example.kind:more": "key" } });
    calm.bob.post("/keys/upload", more).await.fails(&["413 M_TOO_LARGE"]);
    assert_eq!(counts().await["org.example.kind"], 1_000);
}

async fn fallback_keys(calm: &Calm) {
    let upload = async |count: usize| {
        let keys = object(count, |number| format!("org.example.kind{number}:key"), &json!("key"));
        ask(&calm.bob, Method::POST, "/keys/upload", json!({ "fallback_keys": keys })).await
    };
    upload(21).await.fails(&["413 M_TOO_LARGE"]);
    upload(20).await.ok();
}

async fn users_of_a_query(calm: &Calm) {
    let query = async |count: usize| {
        let mut users = object(count - 1, |number| format!("@nobody{number}:localhost"), &json!([]));
        users[&calm.bob.id] = json!([]);
        ask(&calm.alice, Method::POST, "/keys/query", json!({ "device_keys": users })).await
    };
    query(10_001).await.fails(&["413 M_TOO_LARGE"]);
    assert!(query(10_000).await.ok()["device_keys"].is_object());
}

async fn signed_objects(calm: &Calm) {
    let upload = async |count: usize| {
        let objects = object(count, |number| format!("D{number}"), &json!({}));
        ask(&calm.alice, Method::POST, "/keys/signatures/upload", json!({ &calm.bob.id: objects })).await
    };
    upload(1_001).await.fails(&["413 M_TOO_LARGE"]);
    let failures = upload(1_000).await.ok()["failures"].clone();
    assert_eq!(failures[&calm.bob.id].as_object().map(Map::len), Some(1_000));
}
