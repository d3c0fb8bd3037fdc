//! What `/sync` brings: messages between devices, invites, knocks, events.

use serde_json::{Value, json};

use crate::device::Device;
use crate::json::text;
use crate::megolm::Inbound;
use crate::olm::Heard;
use crate::requests::encoded;
use crate::{EncryptedFile, Result};

impl Device {
    /// One answer of `/sync`, taken whole.
    ///
    /// * `wait_ms`: how long the server may wait for something.
    ///
    /// # Errors
    /// The server cannot be reached or refuses.
    pub async fn sync(&mut self, wait_ms: u64) -> Result<()> {
        let since = self.since.as_deref().map(|since| format!("&since={}", encoded(since))).unwrap_or_default();
        let filter = encoded(&json!({"room": {"timeline": {"limit": 50}}}).to_string());
        let answer = self.server.get(&format!("v3/sync?timeout={wait_ms}&filter={filter}{since}")).await?;
        for event in items(&answer, "/to_device/events") {
            // A message that cannot be read is somebody else's mistake.
            if let Ok(heard) = self.olm.decrypt(&mut self.account, &self.user_id, event) {
                self.hear(heard);
            }
        }
        let rooms =
            |kind: &str| answer.pointer(&format!("/rooms/{kind}")).and_then(Value::as_object).into_iter().flatten();
        for (room_id, room) in rooms("invite") {
            self.note_invite(room_id, room);
        }
        for (room_id, room) in rooms("join") {
            self.invites.remove(room_id);
            self.note_events(room_id, items(room, "/state/events").chain(items(room, "/timeline/events")));
        }
        let counts = answer.pointer("/device_one_time_keys_count/signed_curve25519").and_then(Value::as_u64);
        if let Some(left) = counts {
            self.refill_one_time_keys(left).await?;
        }
        self.since = Some(text(&answer, "next_batch")?.to_owned());
        Ok(())
    }

    fn hear(&mut self, heard: Heard) {
        match heard.event_type.as_str() {
            "m.room_key" => {
                if let Ok(inbound) = Inbound::of_room_key(&heard.content, &heard.sender_key, &heard.ed25519) {
                    self.sessions.keep(inbound);
                }
            }
            // Without the sender's device keys inside, nobody could tell who says so.
            "m.room_key_bundle" | "io.element.msc4268.room_key_bundle" if heard.device_keys.is_some() => {
                if let (Ok(room_id), Some(file)) = (text(&heard.content, "room_id"), heard.content.get("file")) {
                    self.bundles.insert((room_id.to_owned(), heard.sender), EncryptedFile(file.clone()));
                }
            }
            _ => {}
        }
    }

    fn note_invite(&mut self, room_id: &str, room: &Value) {
        let me = self.user_id.as_str();
        let invite = items(room, "/invite_state/events").find(|event| is_member(event, me, "invite"));
        if let Some(inviter) = invite.and_then(|event| event.get("sender")).and_then(Value::as_str) {
            self.invites.insert(room_id.to_owned(), inviter.to_owned());
        }
    }

    fn note_events<'a>(&mut self, room_id: &str, events: impl Iterator<Item = &'a Value>) {
        for event in events {
            let Some(key) = event.get("state_key").and_then(Value::as_str) else { continue };
            if Some(room_id) == self.timeline.as_deref() && event.get("type") == Some(&json!("m.room.member")) {
                if is_member(event, key, "knock") {
                    self.knocks.insert(key.to_owned());
                } else {
                    self.knocks.remove(key);
                }
                // Whoever goes must not read on: the next message has a new session.
                if is_member(event, key, "leave") || is_member(event, key, "ban") {
                    self.sessions.outbound.remove(room_id);
                }
            }
        }
    }
}

fn items<'a>(object: &'a Value, pointer: &str) -> impl Iterator<Item = &'a Value> + use<'a> {
    object.pointer(pointer).and_then(Value::as_array).into_iter().flatten()
}

fn is_member(event: &Value, user_id: &str, membership: &str) -> bool {
    event.get("type").and_then(Value::as_str) == Some("m.room.member")
        && event.get("state_key").and_then(Value::as_str) == Some(user_id)
        && event.pointer("/content/membership").and_then(Value::as_str) == Some(membership)
}
