//! Bodies and queries that make no sense, to every endpoint.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::Value;

use super::{Calm, bodies::garbage};
use crate::client::{Client, encode};
use crate::database::{Database, on_both_databases};
use crate::user::{PASSWORD, User};

on_both_databases!(no_body_makes_any_endpoint_fail, no_query_and_no_needless_body_makes_any_endpoint_fail);

/// What the conformance tests know of endpoints, and which of them are not served.
const ENDPOINTS: &str = include_str!("../../conformance/endpoints.tsv");
const UNSERVED: &str = include_str!("../../conformance/unserved.tsv");

/// After these there is no session or no membership any more: each is asked by a device of its own.
const ENDINGS: [&str; 4] = ["/logout", "/logout/all", "/leave", "/forget"];

/// The endpoints of these methods: method and path, with the names of arguments in braces.
fn endpoints(methods: &[&str]) -> BTreeSet<(&'static str, &'static str)> {
    let rows = |text: &'static str| {
        text.lines().skip(1).filter_map(|line| {
            let mut cells = line.split('\t');
            Some((cells.next()?, cells.next()?))
        })
    };
    let unserved: BTreeSet<_> = rows(UNSERVED).collect();
    // Servers sign what they ask: their bodies are another suite's.
    let of_clients = |path: &str| !["/_matrix/federation/", "/_matrix/key/"].iter().any(|api| path.starts_with(api));
    let wanted = |row: &(&str, &str)| methods.contains(&row.0) && of_clients(row.1) && !unserved.contains(row);
    rows(ENDPOINTS).filter(wanted).collect()
}

/// The path with arguments that lead somewhere.
fn filled(path: &str, calm: &Calm) -> String {
    let about_bob = path.contains("/admin/") || path.contains("/users/");
    let argument = |name: &str| match name {
        "roomId" | "roomIdOrAlias" => calm.room.clone(),
        "roomAlias" => "#x:peer.test".to_owned(),
        "userId" if about_bob => calm.bob.id.clone(),
        "userId" => calm.alice.id.clone(),
        "deviceId" => calm.alice.device.clone(),
        "eventId" => "$unknown".to_owned(),
        "eventType" | "type" => "org.example.x".to_owned(),
        "keyName" => "org.example.field".to_owned(),
        "kind" => "override".to_owned(),
        "receiptType" => "m.read".to_owned(),
        "serverName" => "peer.test".to_owned(),
        "sha256" => "0".repeat(64),
        "tag" => "u.x".to_owned(),
        "version" => "1".to_owned(),
        _ => "bad".to_owned(),
    };
    let part = |part: &str| match part.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
        Some(name) => encode(&argument(name)),
        None => part.to_owned(),
    };
    path.split('/').map(part).collect::<Vec<_>>().join("/")
}

/// Anything may be refused, but never with a 5xx, and always with a Matrix error; and something must be there.
async fn ask(client: &Client, method: &Method, path: &str, body: &[u8]) {
    let reply = client.raw(method.clone(), path, body).await;
    assert!(reply.status < 500, "{}: {} {}", reply.asked, reply.status, reply.text);
    let usual = reply.status == 200 || reply.json["errcode"].is_string() || reply.json["flows"].is_array();
    assert!(usual, "{}: {} {}", reply.asked, reply.status, reply.text);
    let absent = [404, 405].contains(&reply.status) && reply.code() == "M_UNRECOGNIZED";
    assert!(!absent, "{}: there is no such endpoint", reply.asked);
}

async fn no_body_makes_any_endpoint_fail(database: Database) {
    let mut calm = Calm::new(&database).await;
    // Administrators get as far as the body everywhere.
    assert!(calm.server.run(&["user", "admin", "alice"]).status.success());
    let deep = format!("{}1{}", "[".repeat(5_000), "]".repeat(5_000));
    let mut bodies = garbage();
    let texts = ["", "[]", "null", "\"text\"", "7", "{\"a\":1e400}", "{\"a\":-0}", "{\"\\u0000\":\"\\u0000\"}", &deep];
    bodies.extend(texts.iter().map(|text| text.as_bytes().to_vec()));
    let endpoints = endpoints(&["POST", "PUT"]);
    assert!(endpoints.len() > 60, "the table is not what it was: {endpoints:?}");
    for (method, path) in endpoints {
        let ends = ENDINGS.iter().any(|ending| path.ends_with(ending));
        let (method, path) = (method.parse().unwrap(), filled(path, &calm));
        for body in &bodies {
            if ends {
                let bob = User::login(calm.server.client(), "bob", PASSWORD).await;
                bob.join(&calm.room).await;
                ask(&bob, &method, &path, body).await;
            } else {
                ask(&calm.alice, &method, &path, body).await;
            }
        }
    }
    calm.server.is_sound();
    assert_eq!(calm.alice.texts(&calm.room).await, ["all is calm"]);
    let still: Value = calm.alice.get("/account/whoami").await.ok();
    assert_eq!(still["user_id"], "@alice:peer.test");
}

/// Names that some endpoint reads from its query.
const NAMES: [&str; 16] = [
    "since",
    "from",
    "to",
    "at",
    "dir",
    "limit",
    "timeout",
    "filter",
    "ts",
    "width",
    "height",
    "method",
    "version",
    "membership",
    "max_depth",
    "set_presence",
];
/// What none of them may be.
const NONSENSE: [&str; 8] =
    ["", "-1", "99999999999999999999", "1e400", "%00", "%FF%FE", "%7B%22room%22%3A%5B%5D%7D", "s0_0_0_0%0A"];

async fn no_query_and_no_needless_body_makes_any_endpoint_fail(database: Database) {
    let mut calm = Calm::new(&database).await;
    assert!(calm.server.run(&["user", "admin", "alice"]).status.success());
    let gets = endpoints(&["GET"]);
    assert!(gets.len() > 60, "the table is not what it was: {gets:?}");
    let mut count = 0;
    for (_, path) in &gets {
        let path = filled(path, &calm);
        for nonsense in NONSENSE {
            // All names at once, and then one of them, or what is wrong with the first would hide the others.
            let all: Vec<String> = NAMES.iter().map(|name| format!("{name}={nonsense}")).collect();
            let one = &all[count % all.len()];
            for query in [&all.join("&"), one] {
                is_no_fault(&calm.alice, &Method::GET, &format!("{path}?{query}"), b"").await;
                count += 1;
            }
        }
    }
    let deletes = endpoints(&["DELETE"]);
    assert!(deletes.len() > 10, "the table is not what it was: {deletes:?}");
    let mut bodies = garbage();
    bodies.extend(["[]", "null", "\"text\"", "{\"auth\":7}", "{\"delete\":[]}"].map(|text| text.as_bytes().to_vec()));
    for (_, path) in &deletes {
        // Not the device that asks.
        let path = filled(path, &calm).replace(&encode(&calm.alice.device), "NOSUCH");
        for body in &bodies {
            is_no_fault(&calm.alice, &Method::DELETE, &path, body).await;
            count += 1;
        }
    }
    assert!((500..3_000).contains(&count), "{count} requests");
    calm.server.is_sound();
    let still: Value = calm.alice.get("/account/whoami").await.ok();
    assert_eq!(still["user_id"], "@alice:peer.test");
}

/// Whatever it is, it is understood or refused.
async fn is_no_fault(client: &Client, method: &Method, path: &str, body: &[u8]) {
    let reply = client.raw(method.clone(), path, body).await;
    assert!(reply.status < 500, "{}: {} {}", reply.asked, reply.status, reply.text);
    let says = reply.status < 400 || reply.json["errcode"].is_string() || reply.json["flows"].is_array();
    assert!(says, "{}: {} {}", reply.asked, reply.status, reply.text);
}
