//! `m.relates_to` of a content, read as leniently as the specification asks: "relationships which don't match the schema
//! are simply ignored".

use std::borrow::Cow;

use peerbrain_core::limits::ID_BYTES;
use serde::Deserialize;
use serde_json::value::RawValue;
use store::{
    relations::{ANNOTATION, REPLACE, VALID_EDIT},
    rooms::EventRow,
};

use crate::read::content;

/// What an event says of how it relates to another. A reply alone has no `rel_type` and is no relation here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelatesTo {
    /// The id of the event that it relates to, whether or not there is such an event.
    pub event_id: String,
    /// How it relates.
    pub rel_type: String,
    /// Of an annotation: what is annotated.
    pub key: Option<String>,
    /// Whether the content has new content in it, for an edit.
    pub new_content: bool,
}

#[derive(Deserialize)]
struct Content<'a> {
    #[serde(borrow, rename = "m.relates_to")]
    relates_to: Option<&'a RawValue>,
    #[serde(borrow, rename = "m.new_content")]
    new_content: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Fields<'a> {
    #[serde(borrow)]
    event_id: Cow<'a, str>,
    #[serde(borrow)]
    rel_type: Cow<'a, str>,
    #[serde(borrow)]
    key: Option<&'a RawValue>,
}

impl RelatesTo {
    /// What a content says.
    pub fn of(content: &RawValue) -> Option<Self> {
        if !may_relate(content.get()) {
            return None;
        }
        let Content { relates_to, new_content } = serde_json::from_str(content.get()).ok()?;
        let Fields { event_id, rel_type, key } = serde_json::from_str(relates_to?.get()).ok()?;
        let holds = |text: &str| !text.is_empty() && text.len() <= ID_BYTES && !text.contains('\0');
        if !holds(&event_id) || !holds(&rel_type) || !event_id.starts_with('$') {
            return None;
        }
        Some(Self {
            event_id: event_id.into_owned(),
            rel_type: rel_type.into_owned(),
            key: key.and_then(|key| serde_json::from_str(key.get()).ok()),
            new_content: new_content.is_some_and(|content| content.get().starts_with('{')),
        })
    }

    /// What a stored event says.
    pub fn of_event(event: &EventRow) -> Option<Self> {
        if !may_relate(&event.json) {
            return None;
        }
        Self::of(content::raw(event)?)
    }

    /// What tells it from others of the same sender: see [`store::relations::Relation::mark`].
    pub(super) fn mark(&self, event_type: &str, is_state: bool) -> i64 {
        match (self.rel_type.as_str(), &self.key) {
            (ANNOTATION, Some(key)) => hash(key),
            // What an encrypted event replaces nobody sees but those who can read it.
            (REPLACE, _) if !is_state && (self.new_content || event_type == "m.room.encrypted") => VALID_EDIT,
            _ => 0,
        }
    }
}

/// Most events relate to nothing: the text is searched before it is parsed.
fn may_relate(text: &str) -> bool {
    text.contains("\"m.relates_to\"")
}

/// FNV-1a: it is stored, so it must stay the same. Who finds two keys of one hash can have but one of them at a time.
fn hash(text: &str) -> i64 {
    text.bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
        .cast_signed()
}

#[cfg(test)]
mod tests {
    use serde_json::{json, value::to_raw_value};

    use super::*;

    fn read(relates_to: serde_json::Value) -> Option<RelatesTo> {
        let content = json!({ "body": "x", "m.relates_to": relates_to, "m.new_content": { "body": "y" } });
        RelatesTo::of(&to_raw_value(&content).unwrap())
    }

    #[test]
    fn relations_are_read() {
        let read = read(json!({ "rel_type": "m.annotation", "event_id": "$e", "key": "👍", "other": 1 })).unwrap();
        assert_eq!((&*read.rel_type, &*read.event_id, read.key.as_deref()), ("m.annotation", "$e", Some("👍")));
        assert!(read.new_content);
    }

    #[test]
    fn what_does_not_match_the_schema_is_no_relation() {
        let long = format!("${}", "x".repeat(255));
        for relates_to in [
            json!(null),
            json!("$e"),
            json!(["$e"]),
            json!({ "event_id": "$e" }),
            json!({ "rel_type": "m.thread" }),
            json!({ "rel_type": 7, "event_id": "$e" }),
            json!({ "rel_type": "m.thread", "event_id": ["$e"] }),
            json!({ "rel_type": "", "event_id": "$e" }),
            json!({ "rel_type": "m.thread", "event_id": "e" }),
            json!({ "rel_type": "m.thread", "event_id": "$e\u{0}" }),
            json!({ "rel_type": "m.thread", "event_id": long }),
            json!({ "m.in_reply_to": { "event_id": "$e" } }),
        ] {
            assert_eq!(read(relates_to.clone()), None, "{relates_to}");
        }
    }

    #[test]
    fn a_key_that_is_no_text_is_none() {
        assert_eq!(read(json!({ "rel_type": "m.annotation", "event_id": "$e", "key": 5 })).unwrap().key, None);
    }

    #[test]
    fn edits_need_new_content_unless_they_are_encrypted() {
        let edit = read(json!({ "rel_type": "m.replace", "event_id": "$e" })).unwrap();
        let bare = RelatesTo { new_content: false, ..edit.clone() };
        assert_eq!((edit.mark("m.room.message", false), edit.mark("m.room.message", true)), (VALID_EDIT, 0));
        assert_eq!((bare.mark("m.room.message", false), bare.mark("m.room.encrypted", false)), (0, VALID_EDIT));
    }
}
