use std::time::Instant;

use ruma::ServerName;
use serde_json::{Value, json};
use store::rooms::{EventCounts, EventRow};

use super::ServerAcl;

fn acl(content: Value) -> ServerAcl {
    ServerAcl::of(&EventRow {
        nid: 1,
        room: 1,
        depth: 1,
        origin_server_ts: 1,
        event_id: "$acl".into(),
        event_type: "m.room.server_acl".into(),
        sender: "@alice:a".into(),
        state_key: Some(String::new()),
        replaces: None,
        state_before: 0,
        state_after: 0,
        flags: 0,
        redacted_by: None,
        device_id: None,
        txn_id: None,
        json: json!({ "content": content }).to_string(),
        counted: EventCounts::default(),
    })
}

fn allows(content: Value, server: &str) -> bool {
    acl(content).allows(&ServerName::parse(server).unwrap())
}

#[test]
fn who_is_denied_is_out_whatever_else_is_said() {
    let content = json!({ "allow": ["*"], "deny": ["evil.example", "*.evil.example"] });
    for (server, expected) in [
        ("good.example", true),
        ("evil.example", false),
        ("evil.example:8448", false),
        ("EVIL.Example", false),
        ("very.evil.example", false),
        ("notevil.example", true),
    ] {
        assert_eq!(allows(content.clone(), server), expected, "{server}");
    }
}

#[test]
fn who_is_not_allowed_is_out() {
    assert!(allows(json!({ "allow": ["Good.Example"] }), "good.example:1"));
    assert!(!allows(json!({ "allow": ["good.example"] }), "other.example"));
    assert!(!allows(json!({ "allow": [] }), "good.example"));
    assert!(!allows(json!({}), "good.example"));
}

#[test]
fn addresses_may_be_shut_out() {
    for server in ["1.2.3.4", "1.2.3.4:8448", "[::1]", "[2001:db8::1]:8448"] {
        assert!(allows(json!({ "allow": ["*"] }), server), "{server}");
        assert!(allows(json!({ "allow": ["*"], "allow_ip_literals": "no" }), server), "{server}");
        assert!(!allows(json!({ "allow": ["*"], "allow_ip_literals": false }), server), "{server}");
    }
    assert!(allows(json!({ "allow": ["*"], "allow_ip_literals": false }), "good.example"));
    assert!(!allows(json!({ "allow": ["*"], "deny": ["1.2.3.*"] }), "1.2.3.4:8448"));
}

#[test]
fn what_is_of_the_wrong_type_counts_as_absent() {
    assert!(!allows(json!({ "allow": "*" }), "good.example"));
    assert!(allows(json!({ "allow": [1, null, "*"], "deny": { "good.example": true } }), "good.example"));
    assert!(!allows(json!([]), "good.example"));
}

/// CVE-2023-45129: a list as large as an event may be took the time of the whole server.
#[test]
fn cve_2023_45129_a_huge_acl_is_quickly_asked() {
    let patterns: Vec<String> = (0..230).map(|i| format!("{}b{i}", "*a".repeat(130))).collect();
    let huge = acl(json!({ "allow": ["*"], "deny": patterns }));
    let server = ServerName::parse(format!("{}.example", "a".repeat(240))).unwrap();
    let started = Instant::now();
    for _ in 0..10 {
        assert!(huge.allows(&server));
    }
    assert!(started.elapsed().as_secs() < 5, "{:?}", started.elapsed());
}
