//! The redaction algorithm of room versions 6 to 12.

use serde_json::{Map, Value};

/// Members of an event that every version keeps.
const KEPT: [&str; 12] = [
    "event_id",
    "type",
    "room_id",
    "sender",
    "state_key",
    "content",
    "hashes",
    "signatures",
    "depth",
    "prev_events",
    "auth_events",
    "origin_server_ts",
];
/// Those that versions before 11 keep besides.
const KEPT_ONCE: [&str; 3] = ["prev_state", "origin", "membership"];
/// What power levels keep; `invite` from version 11 on.
const POWER: [&str; 8] =
    ["ban", "events", "events_default", "kick", "redact", "state_default", "users", "users_default"];

/// The event as it is after a redaction.
pub fn redact(event: &Value, version: u8) -> Value {
    let kept = |name: &String| KEPT.contains(&name.as_str()) || (version < 11 && KEPT_ONCE.contains(&name.as_str()));
    let mut redacted: Map<String, Value> =
        event.as_object().into_iter().flatten().filter(|(name, _)| kept(name)).map(pair).collect();
    let kind = event["type"].as_str().unwrap_or_default();
    if redacted.contains_key("content") {
        redacted.insert("content".to_owned(), content(kind, &event["content"], version));
    }
    redacted.into()
}

fn pair((name, value): (&String, &Value)) -> (String, Value) {
    (name.clone(), value.clone())
}

/// What is left of the content of an event of a type.
fn content(kind: &str, content: &Value, version: u8) -> Value {
    let mut kept: Vec<&str> = match kind {
        "m.room.create" if version >= 11 => return content.clone(),
        "m.room.create" => vec!["creator"],
        "m.room.member" => vec!["membership"],
        "m.room.join_rules" => vec!["join_rule"],
        "m.room.power_levels" => POWER.to_vec(),
        "m.room.history_visibility" => vec!["history_visibility"],
        "m.room.redaction" if version >= 11 => vec!["redacts"],
        _ => vec![],
    };
    match kind {
        "m.room.member" if version >= 9 => kept.push("join_authorised_via_users_server"),
        "m.room.join_rules" if version >= 8 => kept.push("allow"),
        "m.room.power_levels" if version >= 11 => kept.push("invite"),
        _ => {}
    }
    let members = content.as_object().into_iter().flatten();
    let mut left: Map<String, Value> = members.filter(|(name, _)| kept.contains(&name.as_str())).map(pair).collect();
    let signed = &content["third_party_invite"]["signed"];
    if kind == "m.room.member" && version >= 11 && !signed.is_null() {
        left.insert("third_party_invite".to_owned(), serde_json::json!({ "signed": signed }));
    }
    left.into()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::redact;

    #[test]
    fn what_each_version_keeps() {
        let member = json!({
            "type": "m.room.member", "origin": "domain", "unsigned": {}, "membership": "join",
            "content": {
                "membership": "join", "displayname": "A", "join_authorised_via_users_server": "@b:domain",
                "third_party_invite": { "display_name": "A", "signed": { "token": "t" } },
            },
        });
        let content = |version| redact(&member, version)["content"].clone();
        assert_eq!(content(8), json!({ "membership": "join" }));
        assert_eq!(content(9), json!({ "membership": "join", "join_authorised_via_users_server": "@b:domain" }));
        assert_eq!(content(11)["third_party_invite"], json!({ "signed": { "token": "t" } }));
        assert_eq!(redact(&member, 10)["origin"], "domain");
        assert!(redact(&member, 11)["origin"].is_null() && redact(&member, 11)["unsigned"].is_null());
    }

    #[test]
    fn creators_and_rules() {
        let event = |kind: &str, content| json!({ "type": kind, "content": content });
        let create = event("m.room.create", json!({ "creator": "@a:domain", "room_version": "10" }));
        assert_eq!(redact(&create, 10)["content"], json!({ "creator": "@a:domain" }));
        assert_eq!(redact(&create, 11), create);
        let rules = event("m.room.join_rules", json!({ "join_rule": "restricted", "allow": [] }));
        assert_eq!(redact(&rules, 7)["content"], json!({ "join_rule": "restricted" }));
        assert_eq!(redact(&rules, 8), rules);
        let power = event("m.room.power_levels", json!({ "invite": 50, "ban": 50, "notifications": {} }));
        assert_eq!(redact(&power, 10)["content"], json!({ "ban": 50 }));
        assert_eq!(redact(&power, 11)["content"], json!({ "ban": 50, "invite": 50 }));
        assert_eq!(redact(&event("m.room.message", json!({ "body": "x" })), 11)["content"], json!({}));
    }
}
