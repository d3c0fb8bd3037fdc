//! Conditions of rules (§conditions-1).

use serde_json::{Map, Value};

use super::{
    PushEvent,
    pattern::{contains_words, matches},
};

/// Steps that the patterns of one user may take for one event: some milliseconds.
const STEPS: u32 = 2_000_000;

/// Whose rules are asked.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    /// The user.
    pub user_id: &'a str,
    /// The user's name in the room.
    pub display_name: Option<&'a str>,
}

/// What conditions ask of the room.
pub struct Room<'a> {
    /// How many are joined.
    pub members: i64,
    /// Whether the sender may notify under this key of `notifications` in the power levels.
    pub permits: &'a dyn Fn(&str) -> bool,
}

/// What is left to be spent on patterns.
pub(super) struct Steps(u32);

impl Default for Steps {
    fn default() -> Self {
        Self(STEPS)
    }
}

impl Steps {
    /// Whether a condition holds. One that is not known never does.
    pub fn holds(
        &mut self,
        condition: &Map<String, Value>,
        event: &PushEvent,
        reader: &Reader<'_>,
        room: &Room<'_>,
    ) -> bool {
        let text = |name: &str| condition.get(name).and_then(Value::as_str);
        let key = text("key");
        let property = || event.property(key?);
        match text("kind") {
            Some("event_match") => {
                let (Some(key), Some(pattern)) = (key, text("pattern")) else { return false };
                self.event_match(key, pattern, event)
            }
            Some("event_property_is") => {
                condition.get("value").is_some_and(|value| is_simple(value) && property() == Some(value))
            }
            Some("event_property_contains") => {
                let Some(value) = condition.get("value").filter(|value| is_simple(value)) else { return false };
                property().and_then(Value::as_array).is_some_and(|values| values.contains(value))
            }
            Some("contains_display_name") => {
                let name = reader.display_name.filter(|name| !name.is_empty());
                name.is_some_and(|name| self.literal_in_body(name, event))
            }
            Some("room_member_count") => text("is").is_some_and(|is| counts(is, room.members)),
            Some("sender_notification_permission") => key.is_some_and(|key| (room.permits)(key)),
            _ => false,
        }
    }

    /// Whether a keyword is in the body.
    pub fn in_body(&mut self, pattern: &str, event: &PushEvent) -> bool {
        let Some(body) = event.body() else { return false };
        matches(&small(pattern), body, true, &mut self.0)
    }

    fn event_match(&mut self, key: &str, pattern: &str, event: &PushEvent) -> bool {
        if key == "content.body" {
            return self.in_body(pattern, event);
        }
        let Some(text) = event.text(key) else { return false };
        // Nearly all patterns are plain words that are plainly not there.
        if !pattern.contains(['*', '?']) && pattern.is_ascii() && text.is_ascii() {
            return pattern.eq_ignore_ascii_case(text);
        }
        matches(&small(pattern), &small(text), false, &mut self.0)
    }

    /// The same without wildcards: a name may have stars.
    fn literal_in_body(&mut self, text: &str, event: &PushEvent) -> bool {
        event.body().is_some_and(|body| contains_words(&small(text), body, &mut self.0))
    }
}

fn small(text: &str) -> Vec<char> {
    text.to_lowercase().chars().collect()
}

/// "Any of null, true, false, an integer or a string."
fn is_simple(value: &Value) -> bool {
    !value.is_object() && !value.is_array()
}

/// `2`, `==2`, `<2`, `>2`, `<=2`, `>=2`.
fn counts(is: &str, members: i64) -> bool {
    let place = is.find(|char: char| char.is_ascii_digit()).unwrap_or(is.len());
    let (comparison, number) = is.split_at(place);
    let Ok(number) = number.parse::<i64>() else { return false };
    match comparison {
        "" | "==" => members == number,
        "<" => members < number,
        ">" => members > number,
        "<=" => members <= number,
        ">=" => members >= number,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn holds(condition: Value, event: Value) -> bool {
        let event = PushEvent::new(&event.to_string(), "!r:x", None);
        let reader = Reader { user_id: "@a:x", display_name: Some("A*b") };
        let room = Room { members: 2, permits: &|key| key == "room" };
        Steps::default().holds(condition.as_object().unwrap(), &event, &reader, &room)
    }

    #[test]
    fn a_name_with_stars_is_no_pattern() {
        let condition = json!({ "kind": "contains_display_name" });
        for (body, want) in [("A*b", true), ("oh a*B.", true), ("aXb", false), ("a?b", false), ("a\u{0}b", false)] {
            assert_eq!(holds(condition.clone(), json!({ "content": { "body": body } })), want, "{body:?}");
        }
    }

    #[test]
    fn conditions_hold() {
        let event = json!({ "type": "T", "content": { "n": 1, "l": ["a", 1, null], "body": "hi a*B!" } });
        for (condition, want) in [
            (json!({ "kind": "event_match", "key": "type", "pattern": "t" }), true),
            (json!({ "kind": "event_match", "key": "content.n", "pattern": "*" }), false),
            (json!({ "kind": "event_property_is", "key": "content.n", "value": 1 }), true),
            (json!({ "kind": "event_property_is", "key": "content.l", "value": ["a", 1, null] }), false),
            (json!({ "kind": "event_property_contains", "key": "content.l", "value": null }), true),
            (json!({ "kind": "event_property_contains", "key": "content.l", "value": "b" }), false),
            (json!({ "kind": "contains_display_name" }), true),
            (json!({ "kind": "sender_notification_permission", "key": "room" }), true),
            (json!({ "kind": "sender_notification_permission", "key": "x" }), false),
            (json!({ "kind": "room_member_count", "is": "<=2" }), true),
            (json!({ "kind": "room_member_count", "is": "!2" }), false),
            (json!({ "kind": "org.example.new" }), false),
            (json!({}), false),
        ] {
            assert_eq!(holds(condition.clone(), event.clone()), want, "{condition}");
        }
    }
}
