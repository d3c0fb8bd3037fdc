//! One event of a timeline, as far as thoughts go.

use matrix_sdk::deserialized_responses::{TimelineEvent, TimelineEventKind};
use matrix_sdk::ruma::events::room::MediaSource;
use matrix_sdk::ruma::{OwnedEventId, OwnedUserId};
use peerbrain_vocabulary::{Thought, text_of};
use serde::Deserialize;
use serde_json::Value;

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

impl Event {
    /// What an event is, if it has to do with thoughts.
    #[must_use]
    pub fn of(event: &TimelineEvent) -> Option<Self> {
        let raw: Raw = serde_json::from_str(event.raw().json().get()).ok()?;
        if raw.state_key.is_some() {
            return None;
        }
        let shared_by = match &event.kind {
            TimelineEventKind::Decrypted(decrypted) => decrypted.encryption_info.forwarder.as_ref(),
            _ => None,
        };
        let shared_by = shared_by.map(|forwarder| forwarder.user_id.clone());
        let Raw { event_id, sender, origin_server_ts: date_ms, .. } = &raw;
        let (event_id, sender, date_ms) = (event_id.clone(), sender.clone(), *date_ms);
        Some(Self { event_id, sender, date_ms, shared_by, kind: kind(raw)? })
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
        // A plain reply is about something else, too.
        (None, _) if content.pointer("/m.relates_to/m.in_reply_to").is_some() => None,
        (None, _) => Some(Kind::Message(Box::new(said(content)?))),
    }
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
