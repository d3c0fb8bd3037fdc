//! What the predefined rules, unchanged, say of an event: the same as evaluating them, in a fraction of the time, and
//! once for all who have no rules of their own.

use ruma::events::TimelineEventType;
use serde::Deserialize;
use serde_json::{Value, json, value::RawValue};

use super::Outcome;

/// What the predefined rules say to everybody whom the event does not name. The numbers are stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(i16)]
pub enum Default {
    /// Nobody is notified.
    #[default]
    Silent = 0,
    /// A message, or an encrypted event.
    Message = 1,
    /// The same in a room of two.
    OneToOne = 2,
    /// A call.
    Call = 3,
    /// All of the room are mentioned.
    RoomMention = 4,
    /// The room has ended.
    Tombstone = 5,
}

/// What they say to a user whom the event names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mentions {
    /// It names nobody, or it does not matter.
    None,
    /// These ids are mentioned, whoever they are: no id twice.
    Users(Vec<String>),
    /// This user is invited.
    Invited(String),
}

/// A relation to another event.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Relation {
    /// What it is.
    #[serde(default)]
    pub rel_type: Option<String>,
    /// To which event.
    #[serde(default)]
    pub event_id: Option<String>,
}

/// What the predefined rules look at in an event.
#[derive(Debug)]
pub struct Notable {
    kind: Kind,
    is_notice: bool,
    is_edit: bool,
    mentions_room: bool,
    mentioned: Vec<String>,
    invited: Option<String>,
    /// The relation of the event, if it has one.
    pub relation: Option<Relation>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Message,
    Encrypted,
    Call,
    Member,
    Tombstone,
    Reaction,
    ServerAcl,
    Other,
}

#[derive(Deserialize)]
struct Content<'a> {
    #[serde(borrow, default)]
    msgtype: Option<&'a RawValue>,
    #[serde(borrow, default)]
    membership: Option<&'a RawValue>,
    #[serde(borrow, default, rename = "m.mentions")]
    mentions: Option<&'a RawValue>,
    #[serde(borrow, default, rename = "m.relates_to")]
    relates_to: Option<&'a RawValue>,
}

impl Notable {
    /// Reads what matters.
    pub fn read(event_type: &TimelineEventType, state_key: Option<&str>, content: &RawValue) -> Self {
        let content: Option<Content<'_>> = serde_json::from_str(content.get()).ok();
        let text = |value: Option<&RawValue>| value.and_then(|value| serde_json::from_str::<String>(value.get()).ok());
        let is = |value: Option<&RawValue>, word: &str| text(value).is_some_and(|text| text.eq_ignore_ascii_case(word));
        let kind = Kind::of(&event_type.to_string(), state_key);
        let mut notable = Self {
            kind,
            is_notice: false,
            is_edit: false,
            mentions_room: false,
            mentioned: Vec::new(),
            invited: None,
            relation: None,
        };
        let Some(content) = content else { return notable };
        notable.is_notice = is(content.msgtype, "m.notice");
        if kind == Kind::Member && is(content.membership, "invite") {
            notable.invited = state_key.map(str::to_owned);
        }
        if let Some(mentions) = content.mentions.and_then(|json| serde_json::from_str::<Value>(json.get()).ok()) {
            notable.mentions_room = mentions.get("room") == Some(&Value::Bool(true));
            let users = mentions.get("user_ids").and_then(Value::as_array).into_iter().flatten();
            notable.mentioned = users.filter_map(Value::as_str).map(str::to_owned).collect();
            notable.mentioned.sort_unstable();
            notable.mentioned.dedup();
        }
        if let Some(relation) = content.relates_to.and_then(|json| serde_json::from_str::<Value>(json.get()).ok()) {
            let text = |key: &str| relation.get(key).and_then(Value::as_str).map(str::to_owned);
            notable.is_edit = relation.get("rel_type").and_then(Value::as_str) == Some("m.replace");
            notable.relation = Some(Relation { rel_type: text("rel_type"), event_id: text("event_id") });
        }
        notable
    }

    /// What the rules say to those whom it does not name.
    ///
    /// * `members`: how many are joined; `permits`: whether the sender may notify all of the room.
    pub fn default_rule<E>(&self, members: i64, permits: impl FnOnce() -> Result<bool, E>) -> Result<Default, E> {
        if self.is_notice || self.kind == Kind::Member {
            return Ok(Default::Silent);
        }
        if self.mentions_room && permits()? {
            return Ok(Default::RoomMention);
        }
        Ok(match self.kind {
            Kind::Tombstone => Default::Tombstone,
            Kind::Reaction | Kind::ServerAcl => Default::Silent,
            _ if self.is_edit => Default::Silent,
            Kind::Call => Default::Call,
            Kind::Message | Kind::Encrypted if members == 2 => Default::OneToOne,
            Kind::Message | Kind::Encrypted => Default::Message,
            Kind::Member | Kind::Other => Default::Silent,
        })
    }

    /// Whom it names.
    pub fn mentions(&self) -> Mentions {
        match &self.invited {
            _ if self.is_notice => Mentions::None,
            Some(user) => Mentions::Invited(user.clone()),
            None if self.kind == Kind::Member || self.mentioned.is_empty() => Mentions::None,
            None => Mentions::Users(self.mentioned.clone()),
        }
    }
}

impl Kind {
    fn of(event_type: &str, state_key: Option<&str>) -> Self {
        let is = |word: &str| event_type.eq_ignore_ascii_case(word);
        let known = [
            ("m.room.message", Self::Message),
            ("m.room.encrypted", Self::Encrypted),
            ("m.reaction", Self::Reaction),
            ("m.call.invite", Self::Call),
            ("m.room.member", Self::Member),
        ];
        if let Some((_, kind)) = known.into_iter().find(|(word, _)| is(word)) {
            return kind;
        }
        match state_key {
            Some("") if is("m.room.tombstone") => Self::Tombstone,
            Some("") if is("m.room.server_acl") => Self::ServerAcl,
            _ => Self::Other,
        }
    }
}

impl Default {
    /// Reads the stored number; what is not known is silent.
    pub fn from_number(number: i16) -> Self {
        match number {
            1 => Self::Message,
            2 => Self::OneToOne,
            3 => Self::Call,
            4 => Self::RoomMention,
            5 => Self::Tombstone,
            _ => Self::Silent,
        }
    }

    /// Whether it notifies.
    pub fn notifies(self) -> bool {
        self != Self::Silent
    }

    /// Whether it highlights.
    pub fn highlights(self) -> bool {
        matches!(self, Self::RoomMention | Self::Tombstone)
    }

    /// What it does.
    pub fn outcome(self) -> Outcome {
        let sound = |name: &str| json!({ "set_tweak": "sound", "value": name });
        let highlight = json!({ "set_tweak": "highlight" });
        Outcome::of(&match self {
            Self::Silent => vec![],
            Self::Message => vec![json!("notify")],
            Self::OneToOne => vec![json!("notify"), sound("default")],
            Self::Call => vec![json!("notify"), sound("ring")],
            Self::RoomMention | Self::Tombstone => vec![json!("notify"), highlight],
        })
    }

    /// What the rules do for a user who is mentioned.
    pub fn user_mention() -> Outcome {
        let sound = json!({ "set_tweak": "sound", "value": "default" });
        Outcome::of(&[json!("notify"), sound, json!({ "set_tweak": "highlight" })])
    }

    /// What the rules do for a user who is invited.
    pub fn invite() -> Outcome {
        Outcome::of(&[json!("notify"), json!({ "set_tweak": "sound", "value": "default" })])
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::{
        super::{PushEvent, Reader, Room, Ruleset},
        *,
    };

    /// The short way says what the rules say.
    #[test]
    fn agrees_with_the_rules() {
        let types = [
            "m.room.message",
            "m.room.encrypted",
            "m.reaction",
            "m.call.invite",
            "m.room.member",
            "m.room.tombstone",
            "m.room.server_acl",
            "m.room.topic",
            "org.example",
            "M.Room.Message",
        ];
        let contents = [
            json!({ "msgtype": "m.text", "body": "x" }),
            json!({ "msgtype": "m.notice", "body": "x" }),
            json!({ "msgtype": "M.NOTICE", "m.mentions": { "user_ids": ["@a:x"], "room": true } }),
            json!({ "m.mentions": { "room": true } }),
            json!({ "m.mentions": { "room": "true", "user_ids": ["@b:x"] } }),
            json!({ "m.mentions": { "user_ids": [7, "@a:x", "@a:x"] } }),
            json!({ "m.mentions": { "user_ids": "@a:x" } }),
            json!({ "m.mentions": ["@a:x"] }),
            json!({ "m.relates_to": { "rel_type": "m.replace", "event_id": "$e" } }),
            json!({ "m.relates_to": { "rel_type": "m.replace" }, "m.mentions": { "user_ids": ["@a:x"] } }),
            json!({ "membership": "invite" }),
            json!({ "membership": "join" }),
            json!({}),
        ];
        let rules = Ruleset::predefined("@a:x");
        for event_type in types {
            for content in &contents {
                for state_key in [None, Some(""), Some("@a:x"), Some("x")] {
                    for (members, permitted) in [(2, false), (3, true), (3, false)] {
                        let mut event = json!({ "type": event_type, "sender": "@s:x", "content": content });
                        if let Some(key) = state_key {
                            event["state_key"] = json!(key);
                        }
                        let push = PushEvent::new(&event.to_string(), "!r:x", None);
                        let reader = Reader { user_id: "@a:x", display_name: None };
                        let want = rules.evaluate(&push, &reader, &Room { members, permits: &|_| permitted });
                        let raw = RawValue::from_string(content.to_string()).unwrap();
                        let notable = Notable::read(&event_type.into(), state_key, &raw);
                        let got = match notable.mentions() {
                            Mentions::Users(users) if users.contains(&"@a:x".to_owned()) => Default::user_mention(),
                            Mentions::Invited(user) if user == "@a:x" => Default::invite(),
                            _ => notable.default_rule(members, || Ok::<_, Infallible>(permitted)).unwrap().outcome(),
                        };
                        assert_eq!(got, want, "{event} {members} {permitted}");
                    }
                }
            }
        }
    }
}
