//! Whose address counts, where a proxy may stand before the server: the peer's, or the one that a trusted proxy names.

use serde_json::Value;

use crate::program::{Folder, Kind, Server};

/// A server with these proxies, where everybody may register, and one address may try one refresh token.
fn behind(proxies: &str) -> (Folder, Server) {
    let folder = Folder::new(Kind::Sqlite).with("REGISTRATION__MODE", "open").with("RATE_LIMITS__ENABLED", "true");
    let folder = folder.with("RATE_LIMITS__REGISTRATION__BURST", "100").with("SERVER__TRUSTED_PROXIES", proxies);
    let folder = folder.with("RATE_LIMITS__REFRESH__BURST", "1").with("RATE_LIMITS__REFRESH__PER_SECOND", "0.01");
    let server = folder.start();
    (folder, server)
}

/// The address from which a new user's device was seen last, if all its requests have these headers.
fn seen_from(server: &Server, name: &str, headers: &str) -> String {
    let headers = server.register(name, headers) + headers;
    let (status, answer) = server.request("GET", "/_matrix/client/v3/devices", &headers, "");
    assert_eq!(status, 200, "{answer}");
    let answer: Value = serde_json::from_str(&answer).unwrap();
    answer["devices"][0]["last_seen_ip"].as_str().unwrap().to_owned()
}

/// What an attempt at a refresh token is answered.
fn refresh(server: &Server, forwarded: &str) -> u16 {
    let headers = format!("X-Forwarded-For: {forwarded}\r\n");
    server.request("POST", "/_matrix/client/v3/refresh", &headers, "{\"refresh_token\":\"made up\"}").0
}

#[test]
fn strangers_cannot_choose_their_address() {
    for proxies in ["", "10.0.0.0/8,unix"] {
        let (_folder, server) = behind(proxies);
        for (name, forwarded) in [("alice", "192.0.2.7"), ("bob", "192.0.2.7, 10.0.0.1"), ("carl", "10.0.0.1")] {
            let seen = seen_from(&server, name, &format!("X-Forwarded-For: {forwarded}\r\n"));
            assert_eq!(seen, "127.0.0.1", "{forwarded} with {proxies:?}");
        }
        let answers = ["192.0.2.7", "192.0.2.8"].map(|forwarded| refresh(&server, forwarded));
        assert_eq!(answers, [401, 429], "another invented address is no other bucket");
    }
}

#[test]
fn a_trusted_proxy_names_the_client() {
    let (_folder, server) = behind("127.0.0.1,10.0.0.0/8");
    for (number, (forwarded, expected)) in [
        (&["192.0.2.7"][..], "192.0.2.7"),
        (&["2001:db8::7"], "2001:db8::7"),
        // What stands before the last address that is no proxy was sent by the client.
        (&["198.51.100.1, 192.0.2.7"], "192.0.2.7"),
        (&["198.51.100.1, 192.0.2.7, 10.0.0.5, 10.0.0.6"], "192.0.2.7"),
        (&["198.51.100.1", "192.0.2.7", "10.0.0.5"], "192.0.2.7"),
        (&["192.0.2.7, unknown"], "127.0.0.1"),
        (&["192.0.2.7, unknown, 192.0.2.8"], "192.0.2.8"),
        (&["10.0.0.5"], "127.0.0.1"),
        (&[], "127.0.0.1"),
    ]
    .into_iter()
    .enumerate()
    {
        let headers: String = forwarded.iter().map(|value| format!("X-Forwarded-For: {value}\r\n")).collect();
        assert_eq!(seen_from(&server, &format!("user{number}"), &headers), expected, "{forwarded:?}");
    }
}

#[test]
fn each_client_behind_a_proxy_has_its_own_limits() {
    let (_folder, server) = behind("127.0.0.1");
    for (forwarded, expected) in [
        ("192.0.2.7", 401),
        ("192.0.2.7", 429),
        ("192.0.2.8", 401),
        ("192.0.2.9, 192.0.2.7", 429),
        ("192.0.2.7, 192.0.2.9", 401),
    ] {
        assert_eq!(refresh(&server, forwarded), expected, "{forwarded}");
    }
}
