//! The rules that every user begins with, in the order of the specification, v1.17 and later (§predefined-rules).

use serde_json::{Map, Value, json};

use super::{Rule, Ruleset};

/// The predefined rules of a user.
pub(super) fn predefined(user_id: &str) -> Ruleset {
    Ruleset {
        overrides: overrides(user_id),
        content: Vec::new(),
        room: Vec::new(),
        sender: Vec::new(),
        underrides: underrides(),
    }
}

fn overrides(user_id: &str) -> Vec<Rule> {
    let member = is_type("m.room.member");
    let invite = event_match("content.membership", "invite");
    let mentions = json!({
        "kind": "event_property_contains", "key": r"content.m\.mentions.user_ids", "value": user_id
    });
    let room = property_is(r"content.m\.mentions.room", json!(true));
    let permission = json!({ "kind": "sender_notification_permission", "key": "room" });
    let edit = property_is(r"content.m\.relates_to.rel_type", json!("m.replace"));
    let no_key = event_match("state_key", "");
    let master = Rule { enabled: false, ..rule(".m.rule.master", vec![], json!([])) };
    vec![
        master,
        rule(".m.rule.suppress_notices", vec![event_match("content.msgtype", "m.notice")], json!([])),
        rule(
            ".m.rule.invite_for_me",
            vec![member.clone(), invite, event_match("state_key", user_id)],
            json!(["notify", sound("default")]),
        ),
        rule(".m.rule.member_event", vec![member], json!([])),
        rule(".m.rule.is_user_mention", vec![mentions], json!(["notify", sound("default"), highlight()])),
        rule(".m.rule.is_room_mention", vec![room, permission], json!(["notify", highlight()])),
        rule(".m.rule.tombstone", vec![is_type("m.room.tombstone"), no_key.clone()], json!(["notify", highlight()])),
        rule(".m.rule.reaction", vec![is_type("m.reaction")], json!([])),
        rule(".m.rule.room.server_acl", vec![is_type("m.room.server_acl"), no_key], json!([])),
        rule(".m.rule.suppress_edits", vec![edit], json!([])),
    ]
}

fn underrides() -> Vec<Rule> {
    let two = || json!({ "kind": "room_member_count", "is": "2" });
    let (message, encrypted) = (is_type("m.room.message"), is_type("m.room.encrypted"));
    let (quiet, ring) = (json!(["notify"]), json!(["notify", sound("ring")]));
    let loud = json!(["notify", sound("default")]);
    vec![
        rule(".m.rule.call", vec![is_type("m.call.invite")], ring),
        rule(".m.rule.encrypted_room_one_to_one", vec![two(), encrypted.clone()], loud.clone()),
        rule(".m.rule.room_one_to_one", vec![two(), message.clone()], loud),
        rule(".m.rule.message", vec![message], quiet.clone()),
        rule(".m.rule.encrypted", vec![encrypted], quiet),
    ]
}

fn rule(rule_id: &str, conditions: Vec<Value>, actions: Value) -> Rule {
    let objects: Vec<Map<String, Value>> =
        conditions.into_iter().filter_map(|condition| condition.as_object().cloned()).collect();
    Rule {
        rule_id: rule_id.to_owned(),
        default: true,
        enabled: true,
        actions: actions.as_array().cloned().unwrap_or_default(),
        conditions: Some(objects),
        pattern: None,
    }
}

fn event_match(key: &str, pattern: &str) -> Value {
    json!({ "kind": "event_match", "key": key, "pattern": pattern })
}

fn is_type(event_type: &str) -> Value {
    event_match("type", event_type)
}

fn property_is(key: &str, value: Value) -> Value {
    json!({ "kind": "event_property_is", "key": key, "value": value })
}

fn sound(name: &str) -> Value {
    json!({ "set_tweak": "sound", "value": name })
}

fn highlight() -> Value {
    json!({ "set_tweak": "highlight" })
}
