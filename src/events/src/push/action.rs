//! What a rule does (§actions).

use serde_json::{Map, Value, json};

/// What becomes of an event for a user: nothing, or a notification with tweaks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Whether the user is notified, and so the event counts as unread.
    pub notify: bool,
    /// Whether it is highlighted, too.
    pub highlight: bool,
    /// The actions, as the rule has them.
    pub actions: Vec<Value>,
}

impl Outcome {
    /// What these actions mean. A tweak without `notify` does nothing; what is not known is passed over.
    pub fn of(actions: &[Value]) -> Self {
        let notify = actions.iter().any(|action| action == "notify");
        let highlight = notify && actions.iter().any(is_highlight);
        Self { notify, highlight, actions: if notify { actions.to_vec() } else { Vec::new() } }
    }

    /// The tweaks for a push gateway. A highlight without a value means true.
    pub fn tweaks(actions: &[Value]) -> Map<String, Value> {
        let mut tweaks = Map::new();
        for action in actions {
            let Some(name) = action.get("set_tweak").and_then(Value::as_str) else { continue };
            match action.get("value") {
                Some(value) => drop(tweaks.insert(name.to_owned(), value.clone())),
                None if name == "highlight" => drop(tweaks.insert(name.to_owned(), json!(true))),
                None => {}
            }
        }
        tweaks
    }
}

fn is_highlight(action: &Value) -> bool {
    let set = action.get("set_tweak").and_then(Value::as_str) == Some("highlight");
    set && action.get("value").is_none_or(|value| value == &Value::Bool(true))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(actions: Value) -> (bool, bool) {
        let outcome = Outcome::of(actions.as_array().unwrap());
        (outcome.notify, outcome.highlight)
    }

    #[test]
    fn actions_mean_what_they_say() {
        assert_eq!(of(json!(["notify", { "set_tweak": "highlight" }])), (true, true));
        assert_eq!(of(json!(["notify", { "set_tweak": "highlight", "value": false }])), (true, false));
        assert_eq!(of(json!([{ "set_tweak": "highlight" }])), (false, false));
        assert_eq!(of(json!(["dont_notify"])), (false, false));
        assert_eq!(of(json!(["notify", "coalesce"])), (true, false));
        let actions = json!(["notify", { "set_tweak": "sound", "value": "x" }, { "set_tweak": "highlight" }]);
        let tweaks = Outcome::tweaks(actions.as_array().unwrap());
        assert_eq!(Value::Object(tweaks), json!({ "sound": "x", "highlight": true }));
    }
}
