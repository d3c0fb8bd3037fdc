//! A user with a device, and what one mostly does.

use std::ops::Deref;

use serde_json::{Value, json};

use crate::client::{Client, Reply, encode};

/// The password of every user of the tests.
pub const PASSWORD: &str = "correct horse battery";

/// A user with a device. All of [`Client`] is at hand, with the user's token.
#[derive(Clone)]
pub struct User {
    client: Client,
    /// The whole id.
    pub id: String,
    /// The device's id.
    pub device: String,
}

impl Deref for User {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

impl User {
    /// Registers where registration is open.
    pub async fn register(client: &Client, name: &str) -> Self {
        let auth = json!({ "type": "m.login.dummy" });
        Self::of(
            client,
            client.post("/register", json!({ "username": name, "password": PASSWORD, "auth": auth })).await,
        )
    }

    /// Logs in with a new device.
    pub async fn login(client: &Client, name: &str, password: &str) -> Self {
        Self::of(client, login(client, name, password).await)
    }

    /// The user that a registration or a login made.
    #[track_caller]
    pub fn of(client: &Client, reply: Reply) -> Self {
        let body = reply.ok();
        let text = |key: &str| body[key].as_str().unwrap_or_else(|| panic!("no {key} in {body}")).to_owned();
        Self { client: client.with_token(&text("access_token")), id: text("user_id"), device: text("device_id") }
    }

    /// A new room that anybody may join.
    pub async fn public_room(&self, name: &str) -> String {
        self.post("/createRoom", json!({ "name": name, "preset": "public_chat" })).await.text_at("room_id")
    }

    /// Joins a room.
    pub async fn join(&self, room: &str) {
        self.post(&format!("/join/{}", encode(room)), json!({})).await.ok();
    }

    /// Sends a text message and returns its event id.
    pub async fn say(&self, room: &str, transaction: &str, text: &str) -> String {
        self.put(&message_path(room, transaction), message(text)).await.text_at("event_id")
    }

    /// A sync that waits up to `timeout` milliseconds.
    pub async fn sync(&self, since: Option<&str>, timeout: u32) -> Value {
        let since = since.map_or(String::new(), |since| format!("&since={}", encode(since)));
        self.get(&format!("/sync?timeout={timeout}{since}")).await.ok()
    }

    /// The newest events of a room, newest first.
    pub async fn newest(&self, room: &str, limit: u32) -> Vec<Value> {
        let page = self.get(&format!("/rooms/{}/messages?dir=b&limit={limit}", encode(room))).await.ok();
        page["chunk"].as_array().unwrap().clone()
    }

    /// The texts among the newest events of a room, oldest first.
    pub async fn texts(&self, room: &str) -> Vec<String> {
        let events = self.newest(room, 100).await;
        let texts = events.iter().rev().filter_map(|event| event["content"]["body"].as_str());
        texts.map(str::to_owned).collect()
    }

    /// All that this user can see and write, but for what differs from one look to the next.
    pub async fn everything(&self, rooms: &[&str]) -> Value {
        let mut all =
            vec![self.sync(None, 0).await, self.get("/joined_rooms").await.ok(), self.get("/devices").await.ok()];
        for room in rooms {
            all.push(self.get(&format!("/rooms/{}/state", encode(room))).await.ok());
            all.push(self.newest(room, 1_000).await.into());
        }
        let mut all = Value::Array(all);
        strip(&mut all);
        all
    }
}

/// Removes what differs from one look to the next.
fn strip(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for name in ["age", "next_batch", "presence", "last_seen_ts", "last_seen_ip", "last_seen_user_agent"] {
                fields.remove(name);
            }
            fields.values_mut().for_each(strip);
        }
        Value::Array(items) => items.iter_mut().for_each(strip),
        _ => {}
    }
}

/// Asks for a login by password.
pub async fn login(client: &Client, name: &str, password: &str) -> Reply {
    let who = json!({ "type": "m.id.user", "user": name });
    client.post("/login", json!({ "type": "m.login.password", "identifier": who, "password": password })).await
}

/// Where a message goes.
pub fn message_path(room: &str, transaction: &str) -> String {
    format!("/rooms/{}/send/m.room.message/{}", encode(room), encode(transaction))
}

/// A text message.
pub fn message(text: &str) -> Value {
    json!({ "msgtype": "m.text", "body": text })
}

/// The events of a room's timeline in a sync.
pub fn timeline<'a>(sync: &'a Value, room: &str) -> &'a [Value] {
    sync["rooms"]["join"][room]["timeline"]["events"].as_array().map_or(&[], Vec::as_slice)
}
