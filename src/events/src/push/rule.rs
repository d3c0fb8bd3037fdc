//! One rule.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The kinds of rules, most important first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Rules with conditions, before all others.
    Override,
    /// Keywords.
    Content,
    /// Rules for one room.
    Room,
    /// Rules for one sender.
    Sender,
    /// Rules with conditions, after all others.
    Underride,
}

impl Kind {
    /// All of them, most important first.
    pub const ALL: [Self; 5] = [Self::Override, Self::Content, Self::Room, Self::Sender, Self::Underride];

    /// The word of the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Override => "override",
            Self::Content => "content",
            Self::Room => "room",
            Self::Sender => "sender",
            Self::Underride => "underride",
        }
    }

    /// Reads the word of the API.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }

    /// Whether its rules have conditions.
    pub fn has_conditions(self) -> bool {
        matches!(self, Self::Override | Self::Underride)
    }
}

/// A push rule. Conditions and actions stay as they were written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rule {
    /// Its id, unique in its kind.
    pub rule_id: String,
    /// Whether it is predefined.
    #[serde(default)]
    pub default: bool,
    /// Whether it is switched on.
    #[serde(default = "on")]
    pub enabled: bool,
    /// What to do with an event that matches.
    pub actions: Vec<Value>,
    /// Of override and underride rules: what must hold of an event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conditions: Option<Vec<Map<String, Value>>>,
    /// Of content rules: the keyword, a glob.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
}

fn on() -> bool {
    true
}
