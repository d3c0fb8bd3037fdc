//! The timeline room for friends, and thoughts in it.

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::{Value, json};

use crate::device::{Device, nonce, uuid};
use crate::json::{put, text};
use crate::megolm::MEGOLM;
use crate::requests::encoded;
use crate::{Error, Result};

const PROFILE: &str = "org.matrix.msc4501.social.profile";
const PROFILE_USER_ID: &str = "org.matrix.msc4501.social.profile_user_id";
const PROFILE_ROOM: &str = "org.matrix.msc4501.social.profile_room";
const THOUGHT: &str = "org.peerbrain.thought";
/// The most pages of history that are read.
const MAX_PAGES: usize = 200;

/// A thought as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Read {
    /// Its event.
    pub event_id: String,
    /// The title, if it has one.
    pub title: Option<String>,
    /// The message's body, with the title before it.
    pub body: String,
    /// Who vouches for the key, if it did not come from the author.
    pub shared_by: Option<String>,
}

impl Device {
    /// Makes the timeline for friends, and tells where it is in the profile and by an alias.
    ///
    /// # Errors
    /// The server refuses.
    pub async fn make_timeline(&mut self) -> Result<String> {
        let state = |event_type: &str, content: Value| json!({"type": event_type, "state_key": "", "content": content});
        let server_name = self.server_name()?.to_owned();
        let localpart = self.user_id.split(':').next().unwrap_or_default().trim_start_matches('@').to_owned();
        let body = json!({
            "preset": "private_chat",
            "visibility": "private",
            "room_alias_name": format!("thoughts-{localpart}"),
            "creation_content": {"type": PROFILE},
            "initial_state": [
                state("m.room.encryption", json!({"algorithm": MEGOLM})),
                state("m.room.history_visibility", json!({"history_visibility": "shared"})),
                state("m.room.join_rules", json!({"join_rule": "knock"})),
                state("m.room.guest_access", json!({"guest_access": "forbidden"})),
                state(PROFILE_USER_ID, json!({"user_id": self.user_id})),
            ],
            "power_level_content_override": {
                "users_default": 0, "events_default": 0, "state_default": 100, "invite": 100, "kick": 50, "ban": 50,
                "redact": 50, "events": {"m.reaction": 0, "m.room.redaction": 0},
            },
        });
        let made = self.server.post("v3/createRoom", &body).await?;
        let room_id = text(&made, "room_id")?.to_owned();
        let field = json!({PROFILE_ROOM: {"room_id": room_id, "via": [server_name]}});
        let path = format!("v3/profile/{}/{PROFILE_ROOM}", encoded(&self.user_id));
        self.server.put(&path, &field).await?;
        self.timeline = Some(room_id.clone());
        Ok(room_id)
    }

    /// Posts a thought to the timeline for friends, and gives its event id.
    ///
    /// # Errors
    /// There is no timeline, or the server refuses.
    pub async fn post(&mut self, title: Option<&str>, words: &str) -> Result<String> {
        let room_id = self.timeline.clone().ok_or_else(|| Error::wrong("no timeline"))?;
        let body = title.map_or_else(|| words.to_owned(), |title| format!("{title}\n\n{words}"));
        let mut thought = json!({"v": 1, "id": uuid()?, "tags": []});
        if let Some(title) = title {
            put(&mut thought, &["title"], title.into());
        }
        let content = json!({"msgtype": "m.text", "body": body, THOUGHT: thought});
        self.say(&room_id, "m.room.message", &content).await
    }

    /// Encrypts an event for a room and sends it.
    pub(crate) async fn say(&mut self, room_id: &str, event_type: &str, content: &Value) -> Result<String> {
        self.share_session(room_id).await?;
        let outbound = self.sessions.outbound.get_mut(room_id).ok_or_else(|| Error::wrong("no session"))?;
        let clear = json!({"type": event_type, "content": content, "room_id": room_id});
        let message = outbound.session.encrypt(clear.to_string());
        let encrypted = json!({
            "algorithm": MEGOLM, "ciphertext": message.to_base64(), "session_id": outbound.session.session_id(),
            "sender_key": self.account.curve25519_key().to_base64(), "device_id": self.device_id,
        });
        let path = format!("v3/rooms/{}/send/m.room.encrypted/{}", encoded(room_id), nonce()?);
        Ok(text(&self.server.put(&path, &encrypted).await?, "event_id")?.to_owned())
    }

    /// Where somebody's timeline for friends is, and through which servers.
    ///
    /// # Errors
    /// The user has none, or the server cannot tell.
    pub async fn timeline_of(&self, user_id: &str) -> Result<(String, Vec<String>)> {
        let told = self.server.get(&format!("v3/profile/{}/{PROFILE_ROOM}", encoded(user_id))).await?;
        let field = told.get(PROFILE_ROOM).unwrap_or(&Value::Null);
        let via = field.get("via").and_then(Value::as_array).into_iter().flatten();
        Ok((text(field, "room_id")?.to_owned(), via.filter_map(Value::as_str).map(str::to_owned).collect()))
    }

    /// Everything that an owner says in a timeline and that can be read, oldest first. What came of the owner and cannot be
    /// read is counted.
    ///
    /// # Errors
    /// The server refuses.
    pub async fn read(&mut self, room_id: &str, owner: &str) -> Result<(Vec<Read>, usize)> {
        self.check_owner(room_id, owner).await?;
        let (mut thoughts, mut unreadable, mut from) = (BTreeMap::new(), 0, String::new());
        for _ in 0..MAX_PAGES {
            let path = format!("v3/rooms/{}/messages?dir=b&limit=100{from}", encoded(room_id));
            let page = self.server.get(&path).await?;
            let chunk = page.get("chunk").and_then(Value::as_array).cloned().unwrap_or_default();
            for event in &chunk {
                if event.get("sender").and_then(Value::as_str) != Some(owner) || event.get("state_key").is_some() {
                    continue;
                }
                match self.thought(room_id, event) {
                    Ok(Some(read)) => {
                        thoughts.insert(date(event), read);
                    }
                    Ok(None) => {}
                    Err(_) => unreadable += 1,
                }
            }
            let Some(end) = page.get("end").and_then(Value::as_str) else { break };
            from = format!("&from={}", encoded(end));
        }
        Ok((thoughts.into_values().collect(), unreadable))
    }

    fn thought(&mut self, room_id: &str, event: &Value) -> Result<Option<Read>> {
        if event.get("type").and_then(Value::as_str) != Some("m.room.encrypted") {
            return Ok(None);
        }
        // What is redacted has no ciphertext any more.
        if event.pointer("/content/ciphertext").is_none() || event.pointer("/content/m.relates_to").is_some() {
            return Ok(None);
        }
        let (clear, shared_by) = self.sessions.decrypt(room_id, event)?;
        let content = clear.get("content").unwrap_or(&Value::Null);
        Ok(Some(Read {
            event_id: text(event, "event_id")?.to_owned(),
            title: content.pointer("/org.peerbrain.thought/title").and_then(Value::as_str).map(str::to_owned),
            body: text(content, "body")?.to_owned(),
            shared_by,
        }))
    }

    /// A timeline is somebody's only if its creator says so.
    async fn check_owner(&self, room_id: &str, owner: &str) -> Result<()> {
        let state = self.server.call(Method::GET, &format!("v3/rooms/{}/state", encoded(room_id)), None).await?;
        let find = |event_type: &str| {
            let all = state.as_array().into_iter().flatten();
            all.clone().find(|event| event.get("type").and_then(Value::as_str) == Some(event_type))
        };
        let is_timeline = find("m.room.create").is_some_and(|create| {
            create.pointer("/content/type").and_then(Value::as_str) == Some(PROFILE)
                && create.get("sender").and_then(Value::as_str) == Some(owner)
        });
        let says_so = find(PROFILE_USER_ID)
            .is_some_and(|event| event.pointer("/content/user_id").and_then(Value::as_str) == Some(owner));
        if is_timeline && says_so { Ok(()) } else { Err(Error::wrong(format!("{room_id} is no timeline of {owner}"))) }
    }

    pub(crate) fn server_name(&self) -> Result<&str> {
        self.user_id.split_once(':').map(|(_, server)| server).ok_or_else(|| Error::wrong("no server"))
    }
}

fn date(event: &Value) -> (u64, String) {
    let at = event.get("origin_server_ts").and_then(Value::as_u64).unwrap_or_default();
    (at, event.get("event_id").and_then(Value::as_str).unwrap_or_default().to_owned())
}
