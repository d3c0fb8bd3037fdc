//! What one mostly does and looks for between servers.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::{
    client::{Reply, encode},
    user::User,
};

/// How long news may take from one server to another.
const PATIENCE: Duration = Duration::from_secs(60);

/// Asks to join a room by the help of servers.
pub async fn join_via(user: &User, room: &str, via: &[&str]) -> Reply {
    user.post(&with_via("join", room, via), json!({})).await
}

/// Asks to be let into a room by the help of servers.
pub async fn knock_via(user: &User, room: &str, via: &[&str]) -> Reply {
    user.post(&with_via("knock", room, via), json!({ "reason": "please" })).await
}

fn with_via(what: &str, room: &str, via: &[&str]) -> String {
    let via: Vec<String> = via.iter().map(|server| format!("via={}", encode(server))).collect();
    format!("/{what}/{}?{}", encode(room), via.join("&"))
}

/// Does something to another user in a room: `invite`, `kick`, `ban`, `unban`.
pub async fn act(user: &User, what: &str, room: &str, target: &str) -> Reply {
    user.post(&format!("/rooms/{}/{what}", encode(room)), json!({ "user_id": target })).await
}

/// Leaves a room.
pub async fn leave(user: &User, room: &str) {
    user.post(&format!("/rooms/{}/leave", encode(room)), json!({})).await.ok();
}

/// The membership of somebody, as `user` sees it in the room's state.
pub async fn membership(user: &User, room: &str, target: &str) -> String {
    let path = format!("/rooms/{}/state/m.room.member/{}", encode(room), encode(target));
    let reply = user.get(&path).await;
    reply.json["membership"].as_str().unwrap_or("none").to_owned()
}

/// Waits until `user` sees that membership.
pub async fn until_membership(user: &User, room: &str, target: &str, wanted: &str) {
    let started = Instant::now();
    loop {
        let seen = membership(user, room, target).await;
        if seen == wanted {
            return;
        }
        assert!(started.elapsed() < PATIENCE, "{} sees {target} as {seen}, not as {wanted}", user.id);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Waits until `user` reads a message in a room.
pub async fn until_text(user: &User, room: &str, wanted: &str) {
    let started = Instant::now();
    loop {
        let seen = user.texts(room).await;
        if seen.iter().any(|text| text == wanted) {
            return;
        }
        assert!(started.elapsed() < PATIENCE, "{} reads {seen:?}, and not {wanted:?}", user.id);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Syncs until something is there: what the answer has at this JSON pointer.
pub async fn until_synced(user: &User, since: Option<&str>, pointer: &str) -> (Value, String) {
    let started = Instant::now();
    let mut since = since.map(str::to_owned);
    loop {
        let answer = user.sync(since.as_deref(), 2_000).await;
        let next = answer["next_batch"].as_str().unwrap().to_owned();
        if let Some(found) = answer.pointer(pointer) {
            return (found.clone(), next);
        }
        assert!(started.elapsed() < PATIENCE, "{} never had {pointer}: {answer}", user.id);
        since = Some(next);
    }
}

/// A JSON pointer to a room in a section of a sync.
pub fn in_section(section: &str, room: &str) -> String {
    format!("/rooms/{section}/{}", room.replace('~', "~0").replace('/', "~1"))
}

/// The types of stripped state.
pub fn types(stripped: &Value) -> Vec<String> {
    let events = stripped["events"].as_array().unwrap();
    events.iter().map(|event| event["type"].as_str().unwrap().to_owned()).collect()
}
