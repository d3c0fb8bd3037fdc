//! The server-default rules, as they are before anybody changes one.

use super::prelude::*;
use super::{rule_ids, ruleset};

tests! { "predefined_rules":
    override_rules, "default-override-rules", ["GET v3/pushrules/global/"];
    underride_rules, "default-underride-rules", ["GET v3/pushrules/global/"];
    order, "predefined-rules", ["GET v3/pushrules/global/"];
    legacy_rules_are_gone, "predefined-rules", ["GET v3/pushrules/global/"];
    others_are_marked, "predefined-rules", ["GET v3/pushrules/global/"];
}

const OVERRIDE: [&str; 10] = [
    ".m.rule.master",
    ".m.rule.suppress_notices",
    ".m.rule.invite_for_me",
    ".m.rule.member_event",
    ".m.rule.is_user_mention",
    ".m.rule.is_room_mention",
    ".m.rule.tombstone",
    ".m.rule.reaction",
    ".m.rule.room.server_acl",
    ".m.rule.suppress_edits",
];
const UNDERRIDE: [&str; 5] = [
    ".m.rule.call",
    ".m.rule.encrypted_room_one_to_one",
    ".m.rule.room_one_to_one",
    ".m.rule.message",
    ".m.rule.encrypted",
];

fn event_match(key: &str, pattern: &str) -> Value {
    json!({ "kind": "event_match", "key": key, "pattern": pattern })
}

fn is(key: &str, value: Value) -> Value {
    json!({ "kind": "event_property_is", "key": key, "value": value })
}

fn sound(name: &str) -> Value {
    json!(["notify", { "set_tweak": "sound", "value": name }])
}

/// Conditions and actions of a default override rule, as the specification has them.
fn override_rule(id: &str, user: &str) -> (Value, Value) {
    let state = |kind: &str| json!([event_match("type", kind), event_match("state_key", "")]);
    let highlight = json!(["notify", { "set_tweak": "highlight" }]);
    let membership = event_match("type", "m.room.member");
    let invite = event_match("content.membership", "invite");
    let mentions = r"content.m\.mentions.user_ids";
    let user_mention = json!({ "kind": "event_property_contains", "key": mentions, "value": user });
    let permission = json!({ "kind": "sender_notification_permission", "key": "room" });
    match id {
        ".m.rule.suppress_notices" => (json!([event_match("content.msgtype", "m.notice")]), json!([])),
        ".m.rule.invite_for_me" => (json!([membership, invite, event_match("state_key", user)]), sound("default")),
        ".m.rule.member_event" => (json!([membership]), json!([])),
        ".m.rule.is_user_mention" => {
            let mut actions = sound("default");
            actions.as_array_mut().into_iter().for_each(|all| all.push(json!({ "set_tweak": "highlight" })));
            (json!([user_mention]), actions)
        }
        ".m.rule.is_room_mention" => (json!([is(r"content.m\.mentions.room", json!(true)), permission]), highlight),
        ".m.rule.tombstone" => (state("m.room.tombstone"), highlight),
        ".m.rule.reaction" => (json!([event_match("type", "m.reaction")]), json!([])),
        ".m.rule.room.server_acl" => (state("m.room.server_acl"), json!([])),
        ".m.rule.suppress_edits" => (json!([is(r"content.m\.relates_to.rel_type", json!("m.replace"))]), json!([])),
        _ => (json!([]), json!([])),
    }
}

/// Conditions and actions of a default underride rule.
fn underride_rule(id: &str) -> (Value, Value) {
    let two = json!({ "kind": "room_member_count", "is": "2" });
    let kind = |kind: &str| event_match("type", kind);
    match id {
        ".m.rule.call" => (json!([kind("m.call.invite")]), sound("ring")),
        ".m.rule.encrypted_room_one_to_one" => (json!([two, kind("m.room.encrypted")]), sound("default")),
        ".m.rule.room_one_to_one" => (json!([two, kind("m.room.message")]), sound("default")),
        ".m.rule.message" => (json!([kind("m.room.message")]), json!(["notify"])),
        _ => (json!([kind("m.room.encrypted")]), json!(["notify"])),
    }
}

/// Conditions in one order: "All conditions must hold true", so theirs says nothing.
fn sorted(conditions: &Value) -> Vec<String> {
    let mut all: Vec<String> = conditions.as_array().into_iter().flatten().map(Value::to_string).collect();
    all.sort_unstable();
    all
}

/// Actions in one way of writing them: "If a highlight tweak is given with no value, its value is defined to be true.
/// If no highlight tweak is given at all then the value of highlight is defined to be false."
fn normal(actions: &Value) -> Vec<String> {
    let highlight = |value: bool| json!({ "set_tweak": "highlight", "value": value });
    let all = actions.as_array().into_iter().flatten().filter(|action| **action != highlight(false));
    let bare = json!({ "set_tweak": "highlight" });
    let mut all: Vec<String> =
        all.map(|action| if *action == bare { highlight(true) } else { action.clone() }.to_string()).collect();
    all.sort_unstable();
    all
}

/// Fails unless the rule is there with what the specification gives it.
fn check(rules: &Value, kind: &str, id: &str, (conditions, actions): (Value, Value)) -> Outcome {
    let mut all = rules[kind].as_array().into_iter().flatten();
    let rule = all.find(|rule| rule["rule_id"] == id).cloned().unwrap_or_default();
    ensure_eq!(rule["default"], true, "default of {id}: {rule}");
    ensure_eq!(rule["enabled"], id != ".m.rule.master", "enabled of {id}");
    ensure_eq!(sorted(&rule["conditions"]), sorted(&conditions), "conditions of {id}");
    ensure_eq!(normal(&rule["actions"]), normal(&actions), "actions of {id}");
    Ok(())
}

async fn override_rules(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let rules = ruleset(&alice).await?;
    OVERRIDE.iter().try_for_each(|id| check(&rules, "override", id, override_rule(id, &alice.id)))
}

async fn underride_rules(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let rules = ruleset(&alice).await?;
    UNDERRIDE.iter().try_for_each(|id| check(&rules, "underride", id, underride_rule(id)))
}

/// The rules stand in the order in which the specification lists them; a server may have more between.
async fn order(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let rules = ruleset(&alice).await?;
    for (kind, want) in [("override", &OVERRIDE[..]), ("underride", &UNDERRIDE[..])] {
        let got: Vec<String> = rule_ids(&rules, kind).into_iter().filter(|id| want.contains(&id.as_str())).collect();
        ensure_eq!(got, want, "order of the {kind} rules");
    }
    ensure_eq!(rule_ids(&rules, "override").first().map(String::as_str), Some(".m.rule.master"), "the first rule");
    Ok(())
}

/// "the legacy default push rules that looked for mentions in the body of the event were removed."
async fn legacy_rules_are_gone(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let rules = ruleset(&alice).await?;
    for (kind, id) in [
        ("override", ".m.rule.contains_display_name"),
        ("override", ".m.rule.roomnotif"),
        ("content", ".m.rule.contains_user_name"),
    ] {
        ensure!(!rule_ids(&rules, kind).iter().any(|other| other == id), "{id} is gone since v1.17");
    }
    Ok(())
}

/// "The rule_id for all server-default rules MUST start with a dot".
async fn others_are_marked(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let rules = ruleset(&alice).await?;
    for (kind, rules) in rules.as_object().into_iter().flatten() {
        for rule in rules.as_array().into_iter().flatten() {
            ensure_eq!(rule["default"], true, "default of a rule nobody made, of kind {kind}: {rule}");
            ensure!(text(rule, "rule_id")?.starts_with('.'), "its id begins with a dot: {rule}");
        }
    }
    Ok(())
}
