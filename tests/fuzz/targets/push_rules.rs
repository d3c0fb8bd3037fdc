//! Push rules. The input is a user's rules, an event, a kind with the id of a rule and a number of members, a new rule,
//! and a display name.
#![no_main]

use events::{
    canonical,
    push::{Default, Kind, Mentions, NewRule, Notable, Outcome, Place, PushEvent, Reader, Room, Rule, Ruleset},
};
use libfuzzer_sys::fuzz_target;
use peerbrain_fuzz::{glob, json, lines};
use ruma::CanonicalJsonValue;
use serde_json::{Value, json, value::RawValue};

const USER: &str = "@a:fuzz.example";
/// Longer texts and patterns are not compared with the model, which is slow.
const COMPARED: usize = 80;

fuzz_target!(|data: &[u8]| {
    let Some([rules, event, change, new, name]) = lines(data) else { return };
    let mut rules = Ruleset::read(USER, rules);
    keeps(&rules);
    let mut change = change.split(' ');
    let kind = change.next().and_then(Kind::from_word).unwrap_or(Kind::Override);
    let id = change.next().unwrap_or_default();
    let members = change.next().and_then(|number| number.parse().ok()).unwrap_or(2);
    if let Ok(new) = serde_json::from_str::<NewRule>(new) {
        changes(&mut rules, kind, id, &new);
    }
    let Ok(object) = canonical::object(event) else { return };
    let value = CanonicalJsonValue::Object(object);
    if json::has_private_key(&value) {
        return;
    }
    let event: Value = value.into();
    let push = PushEvent::new(&event.to_string(), "!r:fuzz.example", Some("$e"));
    let reader = Reader { user_id: USER, display_name: Some(name) };
    for permitted in [false, true] {
        let room = Room { members, permits: &|_| permitted };
        let outcome = rules.evaluate(&push, &reader, &room);
        assert!(outcome.notify || (!outcome.highlight && outcome.actions.is_empty()));
        assert!(push.sender() != USER || outcome == Outcome::default());
        let _ = Outcome::tweaks(&outcome.actions);
        agrees(&event, &push, &room, permitted);
    }
    for rule in Kind::ALL.iter().flat_map(|kind| rules.of(*kind)).filter(|rule| !rule.default).take(8) {
        for condition in rule.conditions.iter().flatten().take(8) {
            if condition.get("kind") == Some(&json!("event_match")) {
                matches(condition.get("key"), condition.get("pattern"), &event, &push);
            }
        }
        matches(Some(&json!("content.body")), rule.pattern.clone().map(Value::from).as_ref(), &event, &push);
    }
    names(name, &event, &push);
});

/// What is written is read again.
fn keeps(rules: &Ruleset) {
    let content = rules.content();
    if !json::has_float(&content) {
        assert_eq!(&Ruleset::read(USER, &content.to_string()), rules);
    }
    for kind in Kind::ALL {
        let default = |rules: &Ruleset| -> Vec<String> {
            rules.of(kind).iter().filter(|rule| rule.default).map(|rule| rule.rule_id.clone()).collect()
        };
        assert_eq!(default(rules), default(&Ruleset::predefined(USER)), "the predefined rules stay");
    }
}

/// A change does what it says, or nothing.
fn changes(rules: &mut Ruleset, kind: Kind, id: &str, new: &NewRule) {
    let before = rules.clone();
    if rules.set(kind, id, new.clone(), Place::default()).is_err() {
        return assert_eq!(rules, &before);
    }
    let set = rules.get(kind, id).expect("it was set");
    assert!(!set.default && set.actions == new.actions);
    if before.get(kind, id).is_none() {
        let mut without = rules.clone();
        without.delete(kind, id).expect("it is there");
        assert_eq!(without, before);
    }
    keeps(rules);
}

/// The short way says what the predefined rules say.
fn agrees(event: &Value, push: &PushEvent, room: &Room<'_>, permitted: bool) {
    let text = |field: &str| event.get(field).and_then(Value::as_str);
    let (Some(event_type), Some(content)) = (text("type"), event.get("content")) else { return };
    // An event has no state key, or one that is a text; and no `room_id` but its own.
    let content = RawValue::from_string(content.to_string()).expect("it is JSON");
    if push.sender() == USER || event.get("state_key").is_some_and(|key| !key.is_string()) {
        return;
    }
    let reader = Reader { user_id: USER, display_name: None };
    let full = Ruleset::predefined(USER).evaluate(push, &reader, room);
    let notable = Notable::read(&event_type.into(), text("state_key"), &content);
    let short = match notable.mentions() {
        Mentions::Users(users) if users.contains(&USER.to_owned()) => Default::user_mention(),
        Mentions::Invited(user) if user.eq_ignore_ascii_case(USER) => Default::invite(),
        _ => notable.default_rule(room.members, || Ok::<_, ()>(permitted)).expect("nothing fails").outcome(),
    };
    assert_eq!(short, full, "{event}");
}

/// A pattern matches where the definition says so.
fn matches(key: Option<&Value>, pattern: Option<&Value>, event: &Value, push: &PushEvent) {
    let (Some(key), Some(pattern)) = (key.and_then(Value::as_str), pattern.and_then(Value::as_str)) else { return };
    if matches!(key, "room_id" | "event_id") || key.contains(['\n', '\r']) {
        return;
    }
    let value = json::at(event, &json::path(key)).and_then(Value::as_str);
    let small = |text: &str| text.to_lowercase().chars().collect::<Vec<char>>();
    let (text, glob) = (value.map(small).unwrap_or_default(), small(pattern));
    if text.len() > COMPARED || glob.len() > COMPARED {
        return;
    }
    let body = key == "content.body";
    // Of a keyword that is empty the specification says nothing.
    let expected = value.is_some()
        && if body { !glob.is_empty() && glob::in_words(&glob, &text) } else { glob::matches(&glob, &text, true) };
    let condition = json!({ "kind": "event_match", "key": key, "pattern": pattern });
    assert_eq!(holds(condition, None, push), expected, "{pattern:?} in {key:?} of {event}");
}

/// A display name is found where it stands as a word, whatever characters it has.
fn names(name: &str, event: &Value, push: &PushEvent) {
    let body = json::at(event, &json::path("content.body")).and_then(Value::as_str).unwrap_or_default();
    let small = |text: &str| text.to_lowercase().chars().collect::<Vec<char>>();
    let (name_chars, body) = (small(name), small(body));
    let is_word = |at: usize| body.get(at).is_some_and(|char| char.is_ascii_alphanumeric() || *char == '_');
    let expected = !name_chars.is_empty()
        && body
            .windows(name_chars.len())
            .enumerate()
            .any(|(at, part)| part == name_chars && (at == 0 || !is_word(at - 1)) && !is_word(at + name_chars.len()));
    if body.len() <= 1_000 && name_chars.len() <= 1_000 {
        assert_eq!(holds(json!({ "kind": "contains_display_name" }), Some(name), push), expected, "{name:?} {event}");
    }
}

/// Whether one condition holds, for a reader who did not send the event.
fn holds(condition: Value, display_name: Option<&str>, push: &PushEvent) -> bool {
    let rule = Rule {
        rule_id: "one".to_owned(),
        default: false,
        enabled: true,
        actions: vec![json!("notify")],
        conditions: Some(condition.as_object().cloned().into_iter().collect()),
        pattern: None,
    };
    let rules = Ruleset { overrides: vec![rule], ..Ruleset::default() };
    let reader = Reader { user_id: "nobody", display_name };
    push.sender() != "nobody" && rules.evaluate(push, &reader, &Room { members: 2, permits: &|_| true }).notify
}
