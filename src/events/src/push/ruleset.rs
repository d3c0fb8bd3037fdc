//! All rules of a user, and which of them matches.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Kind, Outcome, PushEvent, Reader, Room, Rule, condition::Steps, predefined::predefined};

/// The rules of a user: the scope `global`. Each kind has its most important rule first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Ruleset {
    /// Override rules.
    #[serde(rename = "override")]
    pub overrides: Vec<Rule>,
    /// Content rules.
    pub content: Vec<Rule>,
    /// Room rules.
    pub room: Vec<Rule>,
    /// Sender rules.
    pub sender: Vec<Rule>,
    /// Underride rules.
    #[serde(rename = "underride")]
    pub underrides: Vec<Rule>,
}

#[derive(Serialize, Deserialize)]
struct Scopes {
    global: Ruleset,
}

impl Ruleset {
    /// The rules that the user begins with.
    pub fn predefined(user_id: &str) -> Self {
        predefined(user_id)
    }

    /// Reads the content of `m.push_rules`: the user's own rules, and among the predefined ones of this version what
    /// the user has changed of them. What cannot be read counts as never written.
    pub fn read(user_id: &str, content: &str) -> Self {
        let mut rules = Self::predefined(user_id);
        let Ok(Scopes { global: stored }) = serde_json::from_str::<Scopes>(content) else { return rules };
        for kind in Kind::ALL {
            let (own, changed): (Vec<Rule>, Vec<Rule>) =
                stored.of(kind).iter().cloned().partition(|rule| !rule.default);
            let all = rules.of_mut(kind);
            for rule in changed {
                if let Some(known) = all.iter_mut().find(|known| known.rule_id == rule.rule_id) {
                    (known.enabled, known.actions) = (rule.enabled, rule.actions);
                }
            }
            let place = own_place(all);
            all.splice(place..place, own);
        }
        rules
    }

    /// The content of `m.push_rules`, and the answer of `GET /pushrules/`.
    pub fn content(&self) -> Value {
        serde_json::json!({ "global": self })
    }

    /// The rules of a kind.
    pub fn of(&self, kind: Kind) -> &[Rule] {
        match kind {
            Kind::Override => &self.overrides,
            Kind::Content => &self.content,
            Kind::Room => &self.room,
            Kind::Sender => &self.sender,
            Kind::Underride => &self.underrides,
        }
    }

    pub(super) fn of_mut(&mut self, kind: Kind) -> &mut Vec<Rule> {
        match kind {
            Kind::Override => &mut self.overrides,
            Kind::Content => &mut self.content,
            Kind::Room => &mut self.room,
            Kind::Sender => &mut self.sender,
            Kind::Underride => &mut self.underrides,
        }
    }

    /// One rule.
    pub fn get(&self, kind: Kind, rule_id: &str) -> Option<&Rule> {
        self.of(kind).iter().find(|rule| rule.rule_id == rule_id)
    }

    /// What becomes of an event: what the first rule says that matches. No rule matches events of the reader's own.
    pub fn evaluate(&self, event: &PushEvent, reader: &Reader<'_>, room: &Room<'_>) -> Outcome {
        if event.sender() == reader.user_id {
            return Outcome::default();
        }
        let mut steps = Steps::default();
        for kind in Kind::ALL {
            for rule in self.of(kind).iter().filter(|rule| rule.enabled) {
                let matches = match kind {
                    Kind::Override | Kind::Underride => {
                        let mut conditions = rule.conditions.iter().flatten();
                        conditions.all(|condition| steps.holds(condition, event, reader, room))
                    }
                    Kind::Content => rule.pattern.as_ref().is_some_and(|pattern| steps.in_body(pattern, event)),
                    Kind::Room => event.room_id() == rule.rule_id,
                    Kind::Sender => event.sender() == rule.rule_id,
                };
                if matches {
                    return Outcome::of(&rule.actions);
                }
            }
        }
        Outcome::default()
    }
}

/// Where rules of the user's own stand: first, but after the one that switches everything off.
pub(super) fn own_place(rules: &[Rule]) -> usize {
    usize::from(rules.first().is_some_and(|rule| rule.default && rule.rule_id == ".m.rule.master"))
}
