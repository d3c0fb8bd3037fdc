//! What is limited, seen from outside.

use serde_json::Value;

use crate::program::{Folder, Kind, each};

#[test]
fn who_is_invited_into_a_new_room_counts() {
    each(|kind| {
        let folder = Folder::new(kind).with("RATE_LIMITS__ENABLED", "true").with("REGISTRATION__MODE", "open");
        let folder = folder.with("RATE_LIMITS__INVITE__BURST", "2").with("RATE_LIMITS__INVITE__PER_SECOND", "0.01");
        let server = folder.start();
        let alice = server.register("alice", "");
        for name in ["bob", "carl", "dora"] {
            server.register(name, "");
        }
        let create = |invited: &[&str]| {
            let invited: Vec<String> = invited.iter().map(|name| format!("\"@{name}:localhost\"")).collect();
            let body = format!("{{\"invite\":[{}]}}", invited.join(","));
            server.request("POST", "/_matrix/client/v3/createRoom", &alice, &body)
        };
        assert_eq!(create(&["bob", "carl", "dora"]).0, 200, "a full bucket is enough");
        let (status, answer) = create(&["bob"]);
        assert!(status == 429 && answer.contains("M_LIMIT_EXCEEDED") && answer.contains("retry_after_ms"), "{answer}");
        assert_eq!(create(&[]).0, 200, "without invites there is no such limit");
    });
}

#[test]
fn refreshing_is_limited() {
    each(|kind| {
        let folder = Folder::new(kind).with("RATE_LIMITS__ENABLED", "true");
        let folder = folder.with("RATE_LIMITS__REFRESH__BURST", "2").with("RATE_LIMITS__REFRESH__PER_SECOND", "0.01");
        let server = folder.start();
        let refresh = |body: &str| server.request("POST", "/_matrix/client/v3/refresh", "", body);
        assert_eq!(refresh("{}").0, 400);
        for expected in [401, 401, 429] {
            let (status, answer) = refresh("{\"refresh_token\":\"made up\"}");
            assert_eq!(status, expected, "{answer}");
        }
    });
}

/// Some clients read the field of the body, others the header: both say how long to wait, and the same.
#[test]
fn a_refusal_says_when_to_come_back() {
    let folder = Folder::new(Kind::Sqlite).with("RATE_LIMITS__ENABLED", "true");
    let server =
        folder.with("RATE_LIMITS__REFRESH__BURST", "1").with("RATE_LIMITS__REFRESH__PER_SECOND", "0.01").start();
    let refresh = || server.answer("POST", "/_matrix/client/v3/refresh", "", "{\"refresh_token\":\"made up\"}");
    let header = |head: &str| {
        let fields = head.lines().filter_map(|line| line.split_once(':'));
        let mut waits = fields.filter(|(name, _)| name.eq_ignore_ascii_case("retry-after"));
        waits.next().map(|(_, value)| value.trim().parse::<u64>().unwrap())
    };
    let (head, _) = refresh();
    assert!(head.starts_with("HTTP/1.1 401 ") && header(&head).is_none(), "{head}");
    let (head, body) = refresh();
    assert!(head.starts_with("HTTP/1.1 429 "), "{head}");
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(body["errcode"], "M_LIMIT_EXCEEDED");
    let wait = body["retry_after_ms"].as_u64().unwrap();
    assert!((50_000..=100_000).contains(&wait), "one token comes back in 100 seconds, not in {wait} ms");
    assert_eq!(header(&head), Some(wait.div_ceil(1_000)), "{head}");
}

#[test]
fn claiming_keys_is_limited() {
    each(|kind| {
        let folder = Folder::new(kind).with("RATE_LIMITS__ENABLED", "true").with("REGISTRATION__MODE", "open");
        let folder = folder.with("RATE_LIMITS__WRITE__BURST", "4").with("RATE_LIMITS__WRITE__PER_SECOND", "0.01");
        let server = folder.start();
        let alice = server.register("alice", "");
        let claim = |devices: usize| {
            let devices: Vec<String> = (0..devices).map(|one| format!("\"D{one}\":\"signed_curve25519\"")).collect();
            let body = format!("{{\"one_time_keys\":{{\"@alice:localhost\":{{{}}}}}}}", devices.join(","));
            server.request("POST", "/_matrix/client/v3/keys/claim", &alice, &body)
        };
        for (devices, expected) in [(1, 200), (199, 200), (400, 429), (200, 200), (1, 429)] {
            let (status, answer) = claim(devices);
            assert_eq!(status, expected, "{devices}: {answer}");
        }
    });
}
