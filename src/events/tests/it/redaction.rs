//! What each room version keeps of a redacted event.

use events::redact::redacted;
use ruma::{RoomVersionId, room_version_rules::RoomVersionRules};
use serde_json::{Value, json};

use crate::room::all_versions;

/// The content of an event after redaction.
fn left(rules: &RoomVersionRules, event_type: &str, content: Value) -> Value {
    let event = json!({ "type": event_type, "content": content, "sender": "@a:b", "hashes": {}, "signatures": {} });
    let text = redacted(&event.to_string(), rules).unwrap();
    serde_json::from_str::<Value>(&text).unwrap()["content"].take()
}

fn number(version: &RoomVersionId) -> u32 {
    version.as_str().parse().unwrap()
}

#[test]
fn top_level_fields() {
    for (version, rules) in all_versions() {
        let event = json!({
            "type": "m.room.message", "content": { "body": "x" }, "sender": "@a:b", "hashes": { "sha256": "h" },
            "signatures": { "b": {} }, "auth_events": [], "depth": 1, "event_id": "$e", "origin": "b",
            "origin_server_ts": 1, "prev_events": [], "room_id": "!r:b", "state_key": "", "membership": "join",
            "prev_state": [], "redacts": "$r", "unsigned": { "age": 1 }, "other": 1,
        });
        let text = redacted(&event.to_string(), rules).unwrap();
        let kept: Value = serde_json::from_str(&text).unwrap();
        let mut expected = event;
        expected["content"] = json!({});
        let mut gone = vec!["redacts", "unsigned", "other"];
        if number(&version) >= 11 {
            gone.extend(["origin", "membership", "prev_state"]);
        }
        gone.iter().for_each(|field| {
            expected.as_object_mut().unwrap().remove(*field);
        });
        assert_eq!(kept, expected, "{version}");
        assert_eq!(redacted(&text, rules).unwrap(), text, "redacting again changes nothing");
    }
}

#[test]
fn contents() {
    for (version, rules) in all_versions() {
        let v = number(&version);
        let since = |first: u32, content: Value| if v >= first { content } else { json!({}) };

        assert_eq!(left(rules, "m.room.message", json!({ "body": "x" })), json!({}));
        assert_eq!(left(rules, "m.room.topic", json!({ "topic": "x" })), json!({}));
        assert_eq!(left(rules, "m.room.aliases", json!({ "aliases": [] })), json!({}));
        assert_eq!(
            left(rules, "m.room.history_visibility", json!({ "history_visibility": "joined", "x": 1 })),
            json!({ "history_visibility": "joined" })
        );

        let create = json!({ "creator": "@a:b", "room_version": "9", "m.federate": false });
        assert_eq!(
            left(rules, "m.room.create", create.clone()),
            if v >= 11 { create } else { json!({ "creator": "@a:b" }) }
        );

        let mut member = json!({ "membership": "join" });
        if v >= 9 {
            member["join_authorised_via_users_server"] = json!("@b:b");
        }
        if v >= 11 {
            member["third_party_invite"] = json!({ "signed": { "token": "t" } });
        }
        let full = json!({
            "membership": "join", "displayname": "x", "join_authorised_via_users_server": "@b:b",
            "third_party_invite": { "display_name": "x", "signed": { "token": "t" } },
        });
        assert_eq!(left(rules, "m.room.member", full), member, "{version}");

        let mut join_rules = json!({ "join_rule": "restricted" });
        if v >= 8 {
            join_rules["allow"] = json!([{}]);
        }
        assert_eq!(
            left(rules, "m.room.join_rules", json!({ "join_rule": "restricted", "allow": [{}], "x": 1 })),
            join_rules
        );

        let mut levels = json!({
            "ban": 1, "events": { "x": 1 }, "events_default": 1, "kick": 1, "redact": 1, "state_default": 1,
            "users": { "@a:b": 1 }, "users_default": 1,
        });
        let mut full = levels.clone();
        full["invite"] = json!(1);
        full["notifications"] = json!({ "room": 1 });
        if v >= 11 {
            levels["invite"] = json!(1);
        }
        assert_eq!(left(rules, "m.room.power_levels", full), levels);

        assert_eq!(
            left(rules, "m.room.redaction", json!({ "redacts": "$x", "reason": "spam" })),
            since(11, json!({ "redacts": "$x" }))
        );
    }
}
