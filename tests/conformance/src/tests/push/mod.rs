//! Push rules, what they count, and the gateways they reach.

use super::prelude;
use super::prelude::*;

mod bad_pushers;
mod conditions;
mod counted_events;
mod counts;
mod delivery;
mod gateway;
mod keywords;
mod mentions;
mod notifications;
mod order;
mod own_rules;
mod payload;
mod predefined;
mod pushers;
mod refused;
mod rule_attributes;
mod rule_events;
mod silence;
mod thread_counts;

/// The tests of all parts.
pub fn tests() -> Vec<Test> {
    [
        predefined::tests(),
        own_rules::tests(),
        rule_attributes::tests(),
        order::tests(),
        refused::tests(),
        rule_events::tests(),
        conditions::tests(),
        keywords::tests(),
        silence::tests(),
        mentions::tests(),
        counts::tests(),
        counted_events::tests(),
        thread_counts::tests(),
        notifications::tests(),
        pushers::tests(),
        bad_pushers::tests(),
        payload::tests(),
        delivery::tests(),
    ]
    .concat()
}

/// The path of a rule; `name` is its kind, a slash, and its percent-encoded id.
fn rule_path(name: &str) -> String {
    format!("{}{name}", v3!("pushrules/global/"))
}

/// Tries to set a rule; `name` is its kind and id, as in the path, and may have a query.
async fn try_rule(user: &User, name: &str, body: Value) -> Result<Reply, Failure> {
    user.put(rule_path(name), body).await
}

/// Sets a rule.
async fn rule(user: &User, name: &str, body: Value) -> Outcome {
    try_rule(user, name, body).await?.ok().map(drop)
}

/// All rules of a user.
async fn ruleset(user: &User) -> Result<Value, Failure> {
    user.get(v3!("pushrules/global/")).await?.ok()
}

/// The ids of the rules of a kind, most important first.
fn rule_ids(rules: &Value, kind: &str) -> Vec<String> {
    let all = rules[kind].as_array().into_iter().flatten();
    all.filter_map(|rule| rule["rule_id"].as_str()).map(str::to_owned).collect()
}

/// The actions of a rule that highlights.
fn highlight() -> Value {
    json!(["notify", { "set_tweak": "highlight" }])
}

/// (notification_count, highlight_count) of a joined room in the answer of a sync; null where it says nothing.
fn counts_in(sync: &Value, room: &str) -> (Value, Value) {
    let counts = &joined(sync, room)["unread_notifications"];
    (counts["notification_count"].clone(), counts["highlight_count"].clone())
}

/// Fails unless a user has these unread counts in a room: notifications, highlights.
async fn unread(user: &User, room: &str, notifications: u64, highlights: u64, about: &str) -> Outcome {
    let got = counts_in(&user.first_sync().await?, room);
    ensure_eq!(got, (json!(notifications), json!(highlights)), "unread counts after {about}");
    Ok(())
}

/// Sends a text message with mentions; gives its id.
async fn mention(user: &User, room: &str, mentions: Value) -> Result<String, Failure> {
    let content = json!({ "msgtype": "m.text", "body": "hello", "m.mentions": mentions });
    user.send(room, "m.room.message", content).await
}
