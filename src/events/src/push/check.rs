//! Whether actions and conditions are of the form that the specification gives them.

use serde_json::{Map, Value};

use super::RuleError;

/// Actions: known words, and objects that set a tweak.
pub(super) fn actions(actions: &[Value]) -> Result<(), RuleError> {
    let known = |action: &Value| match action {
        Value::String(word) => matches!(word.as_str(), "notify" | "dont_notify" | "coalesce"),
        Value::Object(tweak) => tweak.get("set_tweak").is_some_and(Value::is_string),
        _ => false,
    };
    match actions.iter().find(|action| !known(action)) {
        Some(action) => Err(RuleError::Invalid(format!("there is no action {}", short(&action.to_string())))),
        None => Ok(()),
    }
}

/// Conditions: objects with a kind; those that are known have their parameters.
pub(super) fn conditions(conditions: &[Map<String, Value>]) -> Result<(), RuleError> {
    for condition in conditions {
        let has = |name: &str| condition.get(name).is_some_and(Value::is_string);
        let missing = match condition.get("kind").and_then(Value::as_str) {
            None => Some("kind"),
            Some("event_match") if !has("key") => Some("key"),
            Some("event_match") if !has("pattern") => Some("pattern"),
            Some("event_property_is" | "event_property_contains") if !has("key") => Some("key"),
            Some("event_property_is" | "event_property_contains") if !condition.contains_key("value") => Some("value"),
            Some("room_member_count") if !has("is") => Some("is"),
            Some("sender_notification_permission") if !has("key") => Some("key"),
            Some(_) => None,
        };
        if let Some(missing) = missing {
            return Err(RuleError::Invalid(format!("a condition has no {missing}")));
        }
    }
    Ok(())
}

fn short(text: &str) -> String {
    text.chars().take(60).collect()
}
