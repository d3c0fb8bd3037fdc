//! What a user does in rooms, as short steps for tests: each fails the test unless the server answers 200.

use serde_json::{Value, json};

use crate::failure::Failure;
use crate::reply::Reply;
use crate::user::User;
use crate::v3;

/// The text of a member of a JSON object; its absence fails the test.
#[track_caller]
pub fn text(value: &Value, key: &str) -> Result<String, Failure> {
    match value[key].as_str() {
        Some(text) => Ok(text.to_owned()),
        None => Err(Failure::new(format!("{key} should be a string in {value}"))),
    }
}

impl User {
    /// Creates a room with this request body; gives its id.
    pub async fn create_room(&self, body: Value) -> Result<String, Failure> {
        text(&self.post(v3!("createRoom"), body).await?.ok()?, "room_id")
    }

    /// Creates a public room of the server's default version.
    pub async fn public_room(&self) -> Result<String, Failure> {
        self.create_room(json!({ "preset": "public_chat" })).await
    }

    /// Creates a private room of the server's default version.
    pub async fn private_room(&self) -> Result<String, Failure> {
        self.create_room(json!({ "preset": "private_chat" })).await
    }

    /// Joins a room by id.
    pub async fn join(&self, room: &str) -> Result<(), Failure> {
        self.post(v3!("rooms/{}/join", room), json!({})).await?.ok().map(drop)
    }

    /// Leaves a room, or rejects an invite to it.
    pub async fn leave(&self, room: &str) -> Result<(), Failure> {
        self.post(v3!("rooms/{}/leave", room), json!({})).await?.ok().map(drop)
    }

    /// One of `invite`, `kick`, `ban`, `unban` on another user.
    pub async fn act(&self, verb: &str, room: &str, user: &User) -> Result<Reply, Failure> {
        self.post(v3!("rooms/{}/{}", room, verb), json!({ "user_id": user.id })).await
    }

    /// Invites a user.
    pub async fn invite(&self, room: &str, user: &User) -> Result<(), Failure> {
        self.act("invite", room, user).await?.ok().map(drop)
    }

    /// Tries to send an event with a fresh transaction id.
    pub async fn try_send(&self, room: &str, kind: &str, content: Value) -> Result<Reply, Failure> {
        self.put(v3!("rooms/{}/send/{}/{}", room, kind, self.server.fresh("txn")), content).await
    }

    /// Sends an event; gives its id.
    pub async fn send(&self, room: &str, kind: &str, content: Value) -> Result<String, Failure> {
        text(&self.try_send(room, kind, content).await?.ok()?, "event_id")
    }

    /// Sends a text message; gives its event id.
    pub async fn say(&self, room: &str, body: &str) -> Result<String, Failure> {
        self.send(room, "m.room.message", json!({ "msgtype": "m.text", "body": body })).await
    }

    /// Tries to set a state event.
    pub async fn try_state(&self, room: &str, kind: &str, key: &str, content: Value) -> Result<Reply, Failure> {
        self.put(v3!("rooms/{}/state/{}/{}", room, kind, key), content).await
    }

    /// Sets a state event; gives its event id.
    pub async fn set_state(&self, room: &str, kind: &str, key: &str, content: Value) -> Result<String, Failure> {
        text(&self.try_state(room, kind, key, content).await?.ok()?, "event_id")
    }

    /// The content of a state event now.
    pub async fn state(&self, room: &str, kind: &str, key: &str) -> Result<Value, Failure> {
        self.get(v3!("rooms/{}/state/{}/{}", room, kind, key)).await?.ok()
    }

    /// All state events now.
    pub async fn all_state(&self, room: &str) -> Result<Vec<Value>, Failure> {
        self.get(v3!("rooms/{}/state", room)).await?.ok_array()
    }

    /// Redacts an event; gives the id of the redaction.
    pub async fn redact(&self, room: &str, event: &str) -> Result<String, Failure> {
        let path = v3!("rooms/{}/redact/{}/{}", room, event, self.server.fresh("txn"));
        text(&self.put(path, json!({})).await?.ok()?, "event_id")
    }

    /// One event of a room.
    pub async fn event(&self, room: &str, event: &str) -> Result<Value, Failure> {
        self.get(v3!("rooms/{}/event/{}", room, event)).await?.ok()
    }

    /// The membership of a user as the current state says; `none` if there is none.
    pub async fn membership(&self, room: &str, user: &User) -> Result<String, Failure> {
        let reply = self.get(v3!("rooms/{}/state/m.room.member/{}", room, user)).await?;
        if reply.status == 404 {
            return Ok("none".to_owned());
        }
        text(&reply.ok()?, "membership")
    }

    /// Adds to the power levels of a room: `change` is merged into the current content, one level deep.
    pub async fn change_power(&self, room: &str, change: Value) -> Result<(), Failure> {
        let mut content = self.state(room, "m.room.power_levels", "").await?;
        for (key, value) in change.as_object().into_iter().flatten() {
            match (content[key].as_object_mut(), value.as_object()) {
                (Some(old), Some(new)) => old.extend(new.clone()),
                _ => content[key] = value.clone(),
            }
        }
        self.set_state(room, "m.room.power_levels", "", content).await.map(drop)
    }
}
