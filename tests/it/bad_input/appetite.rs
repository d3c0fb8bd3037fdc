//! Requests that are small and ask for much: what they take of the memory is bounded.

use std::thread::available_parallelism;

use futures_util::{StreamExt as _, stream};
use reqwest::Method;
use serde_json::{Map, Value, json};

use super::Calm;
use crate::client::{Client, Reply};
use crate::database::{Database, on_both_databases};
use crate::user::{PASSWORD, User};

on_both_databases!(
    large_files,
    thumbnails_of_bombs,
    a_message_to_very_many_devices,
    large_questions_about_keys,
    large_backups
);

/// A black picture of 5,000 by 4,000 pixels in 2,506 bytes. What follows a picture is not looked at, so each copy can be
/// another file.
const BOMB: &[u8] = include_bytes!("bomb.png");
/// What it takes to make a thumbnail of it: four bytes a pixel, and the file.
const BOMB_KB: u64 = 85_000;
/// What everything else may take meanwhile.
const ELSE_KB: u64 = 90_000;

/// Runs something, and says by how many kilobytes the most that the server ever took has grown.
async fn growth(calm: &Calm, doing: impl Future<Output = ()>) -> u64 {
    let before = calm.server.memory_kb("VmHWM").max(calm.server.memory_kb("VmRSS"));
    doing.await;
    calm.server.memory_kb("VmHWM").saturating_sub(before)
}

/// A file goes through in pieces, in both directions: it is nowhere whole.
async fn large_files(database: Database) {
    const KB: usize = 40 * 1_024;
    let mut calm = Calm::new(&database).await;
    let there_and_back = async |kb: usize| {
        let file = b"tulip roses lily".repeat(kb * 64);
        let request = calm.alice.request(Method::POST, "/_matrix/media/v3/upload").body(file.clone());
        let reply = Reply::read("upload".to_owned(), request.send().await.unwrap()).await.unwrap();
        let uri = reply.text_at("content_uri");
        let path = format!("/_matrix/client/v1/media/download/{}", uri.trim_start_matches("mxc://"));
        let response = calm.alice.request(Method::GET, &path).send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert!(response.bytes().await.unwrap()[..] == file[..], "another file came back");
    };
    // What any file takes, it takes now.
    there_and_back(KB / 40).await;
    let took = growth(&calm, there_and_back(KB)).await;
    assert!(took < KB as u64 / 2, "a file of {KB} kB took {took} kB");
    calm.is_undisturbed().await;
}

async fn thumbnails_of_bombs(database: Database) {
    let mut calm = Calm::new(&database).await;
    let upload = async |number: u32| {
        let body = [BOMB, &number.to_be_bytes()].concat();
        let request = calm.alice.request(Method::POST, "/_matrix/media/v3/upload").header("content-type", "image/png");
        let reply = Reply::read("upload".to_owned(), request.body(body).send().await.unwrap()).await.unwrap();
        reply.text_at("content_uri").trim_start_matches("mxc://").to_owned()
    };
    let cores = available_parallelism().map_or(1, |cores| cores.get());
    let count = u32::try_from(cores * 5).unwrap();
    let uris: Vec<String> = stream::iter(0..count).then(upload).collect().await;
    let ask = |uri: String| {
        let alice = &calm.alice;
        async move {
            let path = format!("/_matrix/client/v1/media/thumbnail/{uri}?width=320&height=240&method=scale");
            alice.get(&path).await.status
        }
    };
    let took = growth(&calm, async {
        let statuses: Vec<u16> = stream::iter(uris).map(ask).buffer_unordered(64).collect().await;
        assert!(statuses.iter().all(|status| [200, 429, 503].contains(status)), "{statuses:?}");
        assert!(statuses.contains(&200), "{statuses:?}");
    });
    let took = took.await;
    assert!(took < cores as u64 * BOMB_KB + ELSE_KB, "{count} thumbnails took {took} kB");
    calm.is_undisturbed().await;
}

/// Each request would make eighteen megabytes of messages.
async fn a_message_to_very_many_devices(database: Database) {
    const DEVICES: usize = 300;
    let mut calm = Calm::new(&database).await;
    for _ in 0..DEVICES {
        User::login(calm.server.client(), "bob", PASSWORD).await;
    }
    let content = json!({ "text": "x".repeat(60_000) });
    let body = json!({ "messages": { &calm.bob.id: { "*": content } } }).to_string();
    let send = |number: usize| {
        let request = calm.alice.request(Method::PUT, &format!("/sendToDevice/m.test/{number}")).body(body.clone());
        async move { request.send().await.unwrap().status().as_u16() }
    };
    let took = growth(&calm, async {
        let statuses: Vec<u16> = stream::iter(0..64).map(send).buffer_unordered(32).collect().await;
        assert!(statuses.iter().all(|status| *status == 413), "{statuses:?}");
    });
    let took = took.await;
    assert!(took < ELSE_KB, "it took {took} kB");
    assert_eq!(calm.bob.sync(None, 0).await["to_device"], Value::Null);
    calm.is_undisturbed().await;
}

async fn large_questions_about_keys(database: Database) {
    let mut calm = Calm::new(&database).await;
    let users: Map<String, Value> = (0..9_000).map(|user| (format!("@nobody{user}:localhost"), json!([]))).collect();
    let query = json!({ "device_keys": users }).to_string();
    // Each device costs the writer two looks, so fewer of them.
    let devices: Map<String, Value> = (0..2_000).map(|one| (format!("D{one}"), json!("signed_curve25519"))).collect();
    let claim = json!({ "one_time_keys": { &calm.bob.id: devices } }).to_string();
    let ask = |turn: usize| {
        let (path, body) = if turn.is_multiple_of(2) { ("/keys/query", &query) } else { ("/keys/claim", &claim) };
        let request = calm.alice.request(Method::POST, path).body(body.clone());
        async move { request.send().await.unwrap().status().as_u16() }
    };
    let flood = || async {
        let statuses: Vec<u16> = stream::iter(0..24).map(ask).buffer_unordered(16).collect().await;
        assert!(statuses.iter().all(|status| *status < 500), "{statuses:?}");
    };
    let first = growth(&calm, flood()).await;
    let again = growth(&calm, flood()).await;
    assert!(first < 2 * ELSE_KB && again < ELSE_KB, "they took {first} and again {again} kB");
    calm.is_undisturbed().await;
}

/// A backup of nine megabytes, read whole by many at once.
async fn large_backups(database: Database) {
    let mut calm = Calm::new(&database).await;
    let version = json!({ "algorithm": "m.megolm_backup.v1.curve25519-aes-sha2", "auth_data": {} });
    let version = calm.alice.post("/room_keys/version", version).await.text_at("version");
    let path = format!("/room_keys/keys?version={version}");
    let session = json!({
        "first_message_index": 0, "forwarded_count": 0, "is_verified": false,
        "session_data": { "ciphertext": "x".repeat(60_000) },
    });
    let took = growth(&calm, async {
        for room in 0..10 {
            let sessions: Map<String, Value> = (0..15).map(|one| (one.to_string(), session.clone())).collect();
            let rooms = json!({ "rooms": { format!("!room{room}:localhost"): { "sessions": sessions } } });
            calm.alice.put(&path, rooms).await.ok();
        }
        let read = |_| whole(&calm.alice, &path);
        let lengths: Vec<usize> = stream::iter(0..12).map(read).buffer_unordered(4).collect().await;
        assert!(lengths.iter().all(|length| *length > 9_000_000), "{lengths:?}");
    });
    let took = took.await;
    assert!(took < 4 * 4 * 9_000 + ELSE_KB, "it took {took} kB");
    calm.is_undisturbed().await;
}

/// The length of an answer.
async fn whole(client: &Client, path: &str) -> usize {
    let response = client.request(Method::GET, path).send().await.unwrap();
    assert_eq!(response.status(), 200);
    response.bytes().await.unwrap().len()
}
