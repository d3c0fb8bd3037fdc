//! Files of users of other servers.

use reqwest::Method;

use super::world::World;
use crate::{
    client::Reply,
    database::{Database, on_both_databases},
    user::User,
};

on_both_databases!(files_go_to_other_servers, what_was_fetched_stays, what_is_not_there_is_said_so);

/// A picture of one red pixel.
const PNG: &[u8] = &[
    0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48, 0x44, 0x52, 0x00, 0x00, 0x00,
    0x01, 0x00, 0x00, 0x00, 0x01, 0x08, 0x02, 0x00, 0x00, 0x00, 0x90, 0x77, 0x53, 0xde, 0x00, 0x00, 0x00, 0x0c, 0x49,
    0x44, 0x41, 0x54, 0x08, 0xd7, 0x63, 0xf8, 0xcf, 0xc0, 0x00, 0x00, 0x03, 0x01, 0x01, 0x00, 0x18, 0xdd, 0x8d, 0xb0,
    0x00, 0x00, 0x00, 0x00, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82,
];

/// Uploads a file; gives server and id.
async fn upload(user: &User, kind: &str, bytes: Vec<u8>) -> String {
    let request = user.request(Method::POST, "/_matrix/media/v3/upload?filename=%C3%BC%20tea.bin");
    let sent = request.header("content-type", kind).body(bytes).send().await.unwrap();
    let reply = Reply::read("upload".to_owned(), sent).await.unwrap();
    reply.text_at("content_uri").trim_start_matches("mxc://").to_owned()
}

/// Status, content type, disposition, and the bytes.
async fn fetch(user: &User, path: &str) -> (u16, String, String, Vec<u8>) {
    let response = user.request(Method::GET, path).send().await.unwrap();
    let header =
        |name: &str| response.headers().get(name).map_or_else(String::new, |value| value.to_str().unwrap().to_owned());
    let (status, kind, disposition) =
        (response.status().as_u16(), header("content-type"), header("content-disposition"));
    (status, kind, disposition, response.bytes().await.unwrap().to_vec())
}

fn of(file: &str) -> String {
    format!("/_matrix/client/v1/media/download/{file}")
}

fn noise(length: u32) -> Vec<u8> {
    (0..length).map(|number| number.wrapping_mul(2_654_435_761).to_le_bytes()[3]).collect()
}

async fn files_go_to_other_servers(database: Database) {
    let mut world = World::start::<2>(database).await;
    let (alice, bob) = (world.user(0, "alice").await, world.user(1, "bob").await);
    // Nothing, what is kept in the database, what ends where a piece of it does, and what is a file.
    for bytes in [Vec::new(), b"hello over there".to_vec(), noise(131_072), noise(3_000_000)] {
        let file = upload(&bob, "text/plain", bytes.clone()).await;
        let (status, kind, disposition, got) = fetch(&alice, &of(&file)).await;
        assert_eq!((status, kind.as_str()), (200, "text/plain"));
        assert_eq!(disposition, "inline; filename*=utf-8''%C3%BC%20tea.bin");
        assert!(got == bytes, "{} bytes instead of {}", got.len(), bytes.len());
    }
    // What may not be shown, and what is part of a picture.
    let script = upload(&bob, "text/html", b"<script>".to_vec()).await;
    assert!(fetch(&alice, &of(&script)).await.2.starts_with("attachment"));
    let picture = upload(&bob, "image/png", PNG.to_vec()).await;
    let path = format!("/_matrix/client/v1/media/thumbnail/{picture}?width=32&height=32&method=scale");
    let (status, kind, _, bytes) = fetch(&alice, &path).await;
    assert!(status == 200 && kind.starts_with("image/") && !bytes.is_empty(), "{status} {kind}");
    world.is_sound();
}

async fn what_was_fetched_stays(database: Database) {
    let mut world = World::start::<2>(database).await;
    let (alice, bob) = (world.user(0, "alice").await, world.user(1, "bob").await);
    let bytes = noise(700_000);
    let file = upload(&bob, "application/octet-stream", bytes.clone()).await;
    // Together: it is fetched once.
    let path = of(&file);
    let (one, two, three) = tokio::join!(fetch(&alice, &path), fetch(&alice, &path), fetch(&alice, &path));
    assert!([one, two, three].iter().all(|got| got.0 == 200 && got.3 == bytes));
    world.servers[1].stop().await;
    assert!(fetch(&alice, &of(&file)).await.3 == bytes);
    world.servers[0].stop().await;
    world.servers[0].restart().await;
    assert!(fetch(&alice, &of(&file)).await.3 == bytes);
    // Strangers get nothing of it, as the operator has not wished so.
    let path = format!("/_matrix/media/v3/download/{file}");
    alice.get(&path).await.fails(&["404 M_NOT_FOUND"]);
}

async fn what_is_not_there_is_said_so(database: Database) {
    let mut world = World::start::<2>(database).await;
    let (alice, bob) = (world.user(0, "alice").await, world.user(1, "bob").await);
    for _ in 0..2 {
        alice.get(&of("two.test/nothingIsHere")).await.fails(&["404 M_NOT_FOUND"]);
    }
    alice.get(&of("two.test/..%2Fx")).await.fails(&["404 M_NOT_FOUND"]);
    alice.get(&of("nowhere.test/something")).await.fails(&["502 M_UNKNOWN"]);
    // An address whose file has not come.
    let made = bob.post("/_matrix/media/v1/create", serde_json::json!({})).await.text_at("content_uri");
    let path = format!("{}?timeout_ms=100", of(made.trim_start_matches("mxc://")));
    alice.get(&path).await.fails(&["504 M_NOT_YET_UPLOADED"]);
    // What an operator of the other server has put away is not given to us.
    let file = upload(&bob, "text/plain", b"bad".to_vec()).await;
    assert!(world.servers[1].run(&["media", "quarantine", &format!("mxc://{file}")]).status.success());
    alice.get(&of(&file)).await.fails(&["404 M_NOT_FOUND"]);
    world.is_sound();
}
