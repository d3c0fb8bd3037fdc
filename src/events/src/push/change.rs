//! How a user changes rules (§push-rules-api).

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Kind, Rule, Ruleset, check, ruleset::own_place};

/// Bytes of a rule's id.
const ID_BYTES: usize = 255;
/// Characters of a keyword, or of a pattern in a condition.
const PATTERN_BYTES: usize = 1_000;
/// Rules that a user may have in all.
const RULES: usize = 2_000;

/// What a user sets: the body of `PUT /pushrules/global/{kind}/{ruleId}`.
#[derive(Clone, Debug, Deserialize)]
pub struct NewRule {
    /// What to do.
    pub actions: Vec<Value>,
    /// When, for override and underride rules.
    #[serde(default)]
    pub conditions: Option<Vec<Map<String, Value>>>,
    /// The keyword, for content rules.
    #[serde(default)]
    pub pattern: Option<String>,
}

/// Where a rule is put among those of its kind.
#[derive(Clone, Copy, Debug, Default)]
pub struct Place<'a> {
    /// Right before this one: more important.
    pub before: Option<&'a str>,
    /// Right after this one: less important.
    pub after: Option<&'a str>,
}

/// Why a change is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    /// There is no such rule.
    #[error("there is no such push rule")]
    NotFound,
    /// What is asked makes no sense.
    #[error("{0}")]
    Invalid(String),
    /// There would be too many.
    #[error("there are too many push rules")]
    TooMany,
}

impl Ruleset {
    /// Makes a rule, or changes one of this id. A new one stands before all others of the user's, unless a place is
    /// asked for; one that is changed stays where it is, and as enabled as it was.
    ///
    /// # Errors
    /// [`RuleError::Invalid`], [`RuleError::TooMany`]; nothing is changed then.
    pub fn set(&mut self, kind: Kind, rule_id: &str, new: NewRule, place: Place<'_>) -> Result<(), RuleError> {
        check_id(rule_id)?;
        check::actions(&new.actions)?;
        check::conditions(new.conditions.as_deref().unwrap_or_default())?;
        if kind == Kind::Content && new.pattern.is_none() {
            return Err(RuleError::Invalid("a content rule has a pattern".into()));
        }
        let patterns = new.conditions.iter().flatten().filter_map(|condition| condition.get("pattern")?.as_str());
        if patterns.chain(new.pattern.as_deref()).any(|pattern| pattern.len() > PATTERN_BYTES) {
            return Err(RuleError::Invalid("the pattern is too long".into()));
        }
        let all: usize = Kind::ALL.into_iter().map(|kind| self.of(kind).len()).sum();
        let old = self.of(kind).iter().position(|rule| rule.rule_id == rule_id);
        if old.is_none() && all >= RULES {
            return Err(RuleError::TooMany);
        }
        for other in [place.before, place.after].into_iter().flatten() {
            match self.get(kind, other) {
                None => return Err(RuleError::Invalid(format!("before/after rule not found: {other}"))),
                Some(rule) if rule.default => {
                    return Err(RuleError::Invalid("no rule is put relative to a predefined one".into()));
                }
                Some(_) => {}
            }
        }
        let rules = self.of_mut(kind);
        let (old_place, enabled) = match old {
            Some(at) => (Some(at), rules.remove(at).enabled),
            None => (None, true),
        };
        let rule = Rule {
            rule_id: rule_id.to_owned(),
            default: false,
            enabled,
            actions: new.actions,
            conditions: kind.has_conditions().then(|| new.conditions.unwrap_or_default()),
            pattern: new.pattern.filter(|_| kind == Kind::Content),
        };
        let find = |id: &str| rules.iter().position(|rule| rule.rule_id == id);
        let at = match (place.before, place.after) {
            // Relative to itself it stays.
            (Some(other), _) if other != rule_id => find(other),
            (None, Some(other)) if other != rule_id => find(other).map(|at| at + 1),
            _ => old_place,
        };
        let at = at.unwrap_or_else(|| own_place(rules));
        rules.insert(at.min(rules.len()), rule);
        Ok(())
    }

    /// Takes a rule of the user's away.
    ///
    /// # Errors
    /// [`RuleError::NotFound`]; [`RuleError::Invalid`] for a predefined one.
    pub fn delete(&mut self, kind: Kind, rule_id: &str) -> Result<(), RuleError> {
        let rule = self.get(kind, rule_id).ok_or(RuleError::NotFound)?;
        if rule.default {
            return Err(RuleError::Invalid("a predefined rule can only be disabled".into()));
        }
        self.of_mut(kind).retain(|rule| rule.rule_id != rule_id);
        Ok(())
    }

    /// Switches a rule on or off.
    ///
    /// # Errors
    /// [`RuleError::NotFound`].
    pub fn enable(&mut self, kind: Kind, rule_id: &str, enabled: bool) -> Result<(), RuleError> {
        self.find_mut(kind, rule_id)?.enabled = enabled;
        Ok(())
    }

    /// Gives a rule other actions.
    ///
    /// # Errors
    /// [`RuleError::NotFound`], [`RuleError::Invalid`].
    pub fn act(&mut self, kind: Kind, rule_id: &str, actions: Vec<Value>) -> Result<(), RuleError> {
        let rule = self.find_mut(kind, rule_id)?;
        check::actions(&actions)?;
        rule.actions = actions;
        Ok(())
    }

    fn find_mut(&mut self, kind: Kind, rule_id: &str) -> Result<&mut Rule, RuleError> {
        self.of_mut(kind).iter_mut().find(|rule| rule.rule_id == rule_id).ok_or(RuleError::NotFound)
    }
}

fn check_id(rule_id: &str) -> Result<(), RuleError> {
    let why = if rule_id.is_empty() || rule_id.len() > ID_BYTES {
        "the id of a rule has 1 to 255 bytes"
    } else if rule_id.starts_with('.') {
        "the ids of predefined rules begin with a dot, and no others"
    } else if rule_id.contains(['/', '\\', '\0']) {
        "the id of a rule has no slashes"
    } else {
        return Ok(());
    };
    Err(RuleError::Invalid(why.into()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn word(pattern: &str) -> NewRule {
        NewRule { actions: vec![json!("notify")], conditions: None, pattern: Some(pattern.to_owned()) }
    }

    fn ids(rules: &Ruleset, kind: Kind) -> Vec<&str> {
        rules.of(kind).iter().map(|rule| rule.rule_id.as_str()).collect()
    }

    #[test]
    fn rules_have_an_order() {
        let mut rules = Ruleset::predefined("@a:x");
        for id in ["a", "b", "c"] {
            rules.set(Kind::Content, id, word(id), Place::default()).unwrap();
        }
        assert_eq!(ids(&rules, Kind::Content), ["c", "b", "a"]);
        rules.set(Kind::Content, "a", word("a"), Place { before: Some("c"), after: None }).unwrap();
        assert_eq!(ids(&rules, Kind::Content), ["a", "c", "b"]);
        rules.set(Kind::Content, "a", word("a"), Place { before: None, after: Some("b") }).unwrap();
        assert_eq!(ids(&rules, Kind::Content), ["c", "b", "a"]);
        rules.set(Kind::Content, "b", word("x"), Place::default()).unwrap();
        assert_eq!(ids(&rules, Kind::Content), ["c", "b", "a"]);
        let own = NewRule { actions: vec![], conditions: None, pattern: None };
        rules.set(Kind::Override, "mine", own.clone(), Place::default()).unwrap();
        assert_eq!(ids(&rules, Kind::Override)[..2], [".m.rule.master", "mine"]);
        let place = Place { before: Some(".m.rule.message"), after: None };
        assert!(matches!(rules.set(Kind::Underride, "mine", own, place), Err(RuleError::Invalid(_))));
        assert_eq!(rules.delete(Kind::Content, "none"), Err(RuleError::NotFound));
        rules.delete(Kind::Content, "c").unwrap();
        assert_eq!(ids(&rules, Kind::Content), ["b", "a"]);
    }

    #[test]
    fn what_was_stored_is_read_again() {
        let mut rules = Ruleset::predefined("@a:x");
        rules.set(Kind::Content, "a", word("a"), Place::default()).unwrap();
        rules.enable(Kind::Override, ".m.rule.master", true).unwrap();
        rules.act(Kind::Underride, ".m.rule.message", vec![]).unwrap();
        assert_eq!(Ruleset::read("@a:x", &rules.content().to_string()), rules);
        assert_eq!(Ruleset::read("@a:x", "{}"), Ruleset::predefined("@a:x"));
        assert!(rules.act(Kind::Underride, ".m.rule.message", vec![json!(7)]).is_err());
        assert!(rules.set(Kind::Content, "a/b", word("a"), Place::default()).is_err());
    }
}
