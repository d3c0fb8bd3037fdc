//! One event of a timeline, as far as thoughts go.

use matrix_sdk::Room;
use matrix_sdk::deserialized_responses::{
    EncryptionInfo, TimelineEvent, TimelineEventKind, VerificationLevel, VerificationState,
};
use matrix_sdk::ruma::events::room::MediaSource;
use matrix_sdk::ruma::{DeviceId, OwnedDeviceId, OwnedEventId, OwnedUserId, UserId};
use peerbrain_vocabulary::{Thought, text_of};
use serde::Deserialize;
use serde_json::Value;

use crate::error::Result;
use crate::report::PictureReport;

/// The longest text that is shown, in characters.
const MAX_TEXT_CHARS: usize = 65_536;

/// An event.
#[derive(Clone, Debug)]
pub struct Event {
    /// Its id.
    pub event_id: OwnedEventId,
    /// Who sent it.
    pub sender: OwnedUserId,
    /// When the sender's server took it, in milliseconds since 1970.
    pub date_ms: u64,
    /// Who shared its key, if not the sender.
    pub shared_by: Option<OwnedUserId>,
    /// What it is.
    pub kind: Kind,
}

/// What an event is.
#[derive(Clone, Debug)]
pub enum Kind {
    /// A message of its own.
    Message(Box<Said>),
    /// A message that cannot be read, of its own.
    Closed,
    /// A newer text of another message; nothing if it cannot be read.
    Edit(OwnedEventId, Option<Box<Said>>),
    /// A reaction.
    Reaction(OwnedEventId, String),
    /// A reply in the thread of another message.
    Reply(OwnedEventId),
    /// Another event is deleted.
    Redaction(OwnedEventId),
}

/// What a message says.
#[derive(Clone, Debug, PartialEq)]
pub struct Said {
    /// What makes it a thought, if it was sent as one.
    pub thought: Option<Thought>,
    /// The text, without the title.
    pub text: String,
    /// Its picture.
    pub picture: Option<Value>,
}

#[derive(Deserialize)]
struct Raw {
    #[serde(rename = "type")]
    kind: String,
    event_id: OwnedEventId,
    sender: OwnedUserId,
    #[serde(default)]
    origin_server_ts: u64,
    #[serde(default)]
    content: Value,
    #[serde(default)]
    redacts: Option<OwnedEventId>,
    #[serde(default)]
    state_key: Option<String>,
}

/// What is believed in a room: where it is encrypted, no word that the server could have written.
#[derive(Clone, Debug)]
pub struct Standard {
    encrypted: bool,
    own: (OwnedUserId, Option<OwnedDeviceId>),
}

impl Standard {
    /// What is believed in this room.
    ///
    /// # Errors
    /// Whether it is encrypted is not known, and the server cannot be asked.
    pub async fn of(room: &Room) -> Result<Self> {
        let encrypted = room.latest_encryption_state().await?.is_encrypted();
        let device = room.client().device_id().map(DeviceId::to_owned);
        Ok(Self { encrypted, own: (room.own_user_id().to_owned(), device) })
    }

    /// Whether an event may speak for its sender. Not if it is plaintext where all else is encrypted.
    fn allows(&self, kind: &str, decrypted: bool) -> bool {
        match kind {
            "m.room.message" => decrypted || !self.encrypted,
            // What a server does to an event is never encrypted.
            "m.room.redaction" => !decrypted,
            _ => true,
        }
    }

    /// Whether the device that sent something is known to be none of its sender's: anybody who runs a server can add a device.
    fn is_strange(&self, sender: &UserId, told: &EncryptionInfo) -> bool {
        match &told.verification_state {
            VerificationState::Unverified(VerificationLevel::MismatchedSender) => true,
            VerificationState::Unverified(VerificationLevel::UnsignedDevice) => {
                // This very device needs nobody to vouch for it.
                let (own, device) = &self.own;
                sender != own || told.sender_device.is_none() || told.sender_device != *device
            }
            _ => false,
        }
    }
}

impl Kind {
    /// The same, without a word of it.
    fn closed(self) -> Self {
        match self {
            Self::Message(_) => Self::Closed,
            Self::Edit(target, _) => Self::Edit(target, None),
            other => other,
        }
    }
}

impl Event {
    /// What an event is, if it has to do with thoughts.
    #[must_use]
    pub fn of(event: &TimelineEvent, standard: &Standard) -> Option<Self> {
        let raw: Raw = serde_json::from_str(event.raw().json().get()).ok()?;
        if raw.state_key.is_some() {
            return None;
        }
        let told = match &event.kind {
            TimelineEventKind::Decrypted(decrypted) => Some(&decrypted.encryption_info),
            _ => None,
        };
        if !standard.allows(&raw.kind, told.is_some()) {
            return None;
        }
        let strange = told.is_some_and(|told| standard.is_strange(&raw.sender, told));
        let shared_by = told.and_then(|told| told.forwarder.as_ref()).map(|forwarder| forwarder.user_id.clone());
        let Raw { event_id, sender, origin_server_ts: date_ms, .. } = &raw;
        let (event_id, sender, date_ms) = (event_id.clone(), sender.clone(), *date_ms);
        let kind = kind(raw)?;
        Some(Self { event_id, sender, date_ms, shared_by, kind: if strange { kind.closed() } else { kind } })
    }
}

fn kind(raw: Raw) -> Option<Kind> {
    let relation = raw.content.get("m.relates_to").cloned().unwrap_or_default();
    let related = relation.get("event_id").and_then(Value::as_str).and_then(|id| OwnedEventId::try_from(id).ok());
    let relation = (relation.get("rel_type").and_then(Value::as_str).map(str::to_owned), related, relation);
    match raw.kind.as_str() {
        "m.reaction" => match relation {
            (Some(kind), Some(target), told) if kind == "m.annotation" => {
                Some(Kind::Reaction(target, told.get("key")?.as_str()?.chars().take(64).collect()))
            }
            _ => None,
        },
        "m.room.redaction" => {
            let told =
                raw.content.get("redacts").and_then(Value::as_str).and_then(|id| OwnedEventId::try_from(id).ok());
            Some(Kind::Redaction(told.or(raw.redacts)?))
        }
        "m.room.message" => of_message(&raw.content, relation.0.as_deref(), relation.1),
        "m.room.encrypted" => match (relation.0.as_deref(), relation.1) {
            // What was deleted has no ciphertext.
            _ if raw.content.get("ciphertext").is_none() => None,
            (Some("m.replace"), Some(target)) => Some(Kind::Edit(target, None)),
            (Some("m.thread"), Some(target)) => Some(Kind::Reply(target)),
            (None, _) => Some(Kind::Closed),
            _ => None,
        },
        _ => None,
    }
}

fn of_message(content: &Value, relation: Option<&str>, target: Option<OwnedEventId>) -> Option<Kind> {
    match (relation, target) {
        (Some("m.replace"), Some(target)) => {
            Some(Kind::Edit(target, content.get("m.new_content").and_then(said).map(Box::new)))
        }
        (Some("m.thread"), Some(target)) => Some(Kind::Reply(target)),
        (Some(_), _) => None,
        // Nor is comparing emoji a word to anybody.
        (None, _) if content.get("msgtype").and_then(Value::as_str).is_some_and(is_verification) => None,
        // A plain reply is about something else, too.
        (None, _) if content.pointer("/m.relates_to/m.in_reply_to").is_some() => None,
        (None, _) => Some(Kind::Message(Box::new(said(content)?))),
    }
}

fn is_verification(kind: &str) -> bool {
    kind.starts_with("m.key.verification.")
}

/// What the content of a message says. Nothing if it was deleted.
pub fn said(content: &Value) -> Option<Said> {
    let body = content.get("body")?.as_str()?;
    let thought = Thought::of(content);
    let title = thought.as_ref().and_then(|thought| thought.title.as_deref());
    let is_picture = content.get("msgtype").and_then(Value::as_str) == Some("m.image");
    // Without a name of the file beside it the body is that name, and no caption.
    let is_caption = content.get("filename").and_then(Value::as_str).is_some_and(|name| name != body);
    let text = if is_picture && !is_caption { "" } else { text_of(title, body) };
    let text = text.chars().take(MAX_TEXT_CHARS).collect();
    Some(Said { thought, text, picture: is_picture.then(|| content.clone()) })
}

/// The picture of a message.
pub fn picture(content: &Value) -> Option<PictureReport> {
    let source: MediaSource = serde_json::from_value(content.clone()).ok()?;
    let info = |key: &str| content.pointer(&format!("/info/{key}")).and_then(Value::as_u64);
    let name = content.get("filename").or_else(|| content.get("body")).and_then(Value::as_str).unwrap_or_default();
    Some(PictureReport {
        name: name.chars().take(200).collect(),
        mimetype: content.pointer("/info/mimetype").and_then(Value::as_str).map(str::to_owned),
        size: info("size"),
        width: info("w"),
        height: info("h"),
        source,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn event(kind: &str, content: Value) -> Option<Kind> {
        let raw = json!({
            "type": kind, "event_id": "$a", "sender": "@a:a", "origin_server_ts": 1, "content": content, "redacts": "$b",
        });
        kind_of(raw)
    }

    fn kind_of(raw: Value) -> Option<Kind> {
        super::kind(serde_json::from_value(raw).unwrap())
    }

    #[test]
    fn messages_reactions_edits_and_replies_are_told_apart() {
        let relation = |kind: &str| json!({"rel_type": kind, "event_id": "$b", "key": "👍"});
        assert!(matches!(event("m.room.message", json!({"body": "x"})), Some(Kind::Message(said)) if said.text == "x"));
        assert!(event("m.room.message", json!({})).is_none(), "deleted");
        assert!(matches!(
            event("m.reaction", json!({"m.relates_to": relation("m.annotation")})),
            Some(Kind::Reaction(..))
        ));
        let edit = json!({"body": "* y", "m.new_content": {"body": "y"}, "m.relates_to": relation("m.replace")});
        assert!(matches!(event("m.room.message", edit), Some(Kind::Edit(_, Some(said))) if said.text == "y"));
        let reply = json!({"body": "y", "m.relates_to": relation("m.thread")});
        assert!(matches!(event("m.room.message", reply), Some(Kind::Reply(_))));
        assert!(matches!(event("m.room.encrypted", json!({"ciphertext": "…"})), Some(Kind::Closed)));
        assert!(event("m.room.encrypted", json!({})).is_none(), "deleted");
        assert!(matches!(event("m.room.redaction", json!({})), Some(Kind::Redaction(_))));
        assert!(event("m.room.message", json!({"msgtype": "m.key.verification.request", "body": "x"})).is_none());
    }

    fn standard(encrypted: bool) -> Standard {
        Standard { encrypted, own: ("@a:a".try_into().unwrap(), Some("OWN".into())) }
    }

    #[test]
    fn plaintext_is_no_thought_where_thoughts_are_encrypted() {
        let plain = |kind: &str, content: Value| {
            let raw = json!({"type": kind, "event_id": "$a", "sender": "@a:a", "content": content, "redacts": "$b"});
            let raw = serde_json::value::to_raw_value(&raw).unwrap();
            TimelineEvent::from_plaintext(matrix_sdk::ruma::serde::Raw::from_json(raw))
        };
        let message = plain("m.room.message", json!({"body": "x"}));
        assert!(Event::of(&message, &standard(true)).is_none());
        assert!(Event::of(&message, &standard(false)).is_some());
        let relation = json!({"rel_type": "m.replace", "event_id": "$b"});
        let edit = json!({"body": "y", "m.new_content": {"body": "y"}, "m.relates_to": relation});
        assert!(Event::of(&plain("m.room.message", edit), &standard(true)).is_none());
        assert!(Event::of(&plain("m.room.redaction", json!({})), &standard(true)).is_some());
        assert!(standard(true).allows("m.room.message", true) && !standard(true).allows("m.room.redaction", true));
    }

    #[test]
    fn a_device_that_nobody_vouches_for_does_not_speak_for_its_sender() {
        let told = |level: VerificationLevel, device: &str| -> EncryptionInfo {
            serde_json::from_value(json!({
                "sender": "@a:a", "sender_device": device,
                "algorithm_info": {"MegolmV1AesSha2": {"curve25519_key": "k", "sender_claimed_keys": {}}},
                "verification_state": VerificationState::Unverified(level),
            }))
            .unwrap()
        };
        let strange = |sender: &str, level, device: &str| {
            standard(true).is_strange(&OwnedUserId::try_from(sender).unwrap(), &told(level, device))
        };
        assert!(strange("@b:b", VerificationLevel::UnsignedDevice, "ADDED"));
        assert!(strange("@a:a", VerificationLevel::UnsignedDevice, "ADDED"));
        assert!(!strange("@a:a", VerificationLevel::UnsignedDevice, "OWN"));
        assert!(strange("@b:b", VerificationLevel::MismatchedSender, "D"));
        assert!(!strange("@b:b", VerificationLevel::UnverifiedIdentity, "D"));
        let said = Kind::Message(Box::new(said(&json!({"body": "x"})).unwrap()));
        assert!(matches!(said.closed(), Kind::Closed));
    }

    #[test]
    fn a_name_of_a_file_is_no_text() {
        let picture = json!({"msgtype": "m.image", "body": "x.png", "url": "mxc://a/b"});
        assert_eq!(said(&picture).unwrap().text, "");
        let captioned =
            json!({"msgtype": "m.image", "body": "Look.", "filename": "x.png", "url": "mxc://a/b", "info": {"w": 3}});
        assert_eq!(said(&captioned).unwrap().text, "Look.");
        assert_eq!(super::picture(&captioned).unwrap().width, Some(3));
    }
}
