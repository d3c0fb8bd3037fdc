//! Presence, and the one setting that switches it off.

use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::program::{Folder, PATIENCE, Server, each};

/// A device that is logged in: the header with its token.
struct Device<'s> {
    server: &'s Server,
    header: String,
}

impl<'s> Device<'s> {
    fn login(server: &'s Server, name: &str) -> Self {
        Self { server, header: server.authorized(name, "correct horse") }
    }

    fn ask(&self, method: &str, path: &str, body: &Value) -> Value {
        let body = if method == "GET" { String::new() } else { body.to_string() };
        let (status, answer) = self.server.request(method, &format!("/_matrix/client/v3/{path}"), &self.header, &body);
        assert_eq!(status, 200, "{method} {path}: {answer}");
        serde_json::from_str(&answer).unwrap()
    }

    fn get(&self, path: &str) -> Value {
        self.ask("GET", path, &Value::Null)
    }
}

const STATUS: &str = "presence/@bob:localhost/status";

/// Bob says that he is there, and is. Gives what Alice is told of it in her first sync and in a later one, and what she
/// gets who asks; waits until he is there in both if he will be.
fn told_of_bob(server: &Server, will_be_there: bool) -> (Value, Value, Value) {
    let (alice, bob) = (Device::login(server, "alice"), Device::login(server, "bob"));
    let since = alice.get("sync?set_presence=offline");
    assert_eq!(bob.ask("PUT", STATUS, &json!({ "presence": "online", "status_msg": "at work" })), json!({}));
    bob.get("sync?set_presence=online");
    let since = since["next_batch"].as_str().unwrap();
    let patience = Instant::now() + PATIENCE;
    loop {
        let first = alice.get("sync?set_presence=offline")["presence"].clone();
        let later = alice.get(&format!("sync?set_presence=offline&timeout=500&since={since}"))["presence"].clone();
        let there = !first.is_null() && !later.is_null();
        if there || !will_be_there || Instant::now() > patience {
            return (first, later, alice.get(STATUS));
        }
        thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn switched_off_nobody_is_told_anything() {
    each(|kind| {
        let folder = Folder::new(kind).with("SYNC__KEEP_ANSWERS_SECONDS", "0");
        for name in ["alice", "bob"] {
            folder.ask(&["user", "create", name, "--password", "correct horse"]);
        }
        let server = folder.start();
        let room = Device::login(&server, "alice").ask("POST", "createRoom", &json!({ "preset": "public_chat" }));
        let path = format!("join/{}", room["room_id"].as_str().unwrap());
        Device::login(&server, "bob").ask("POST", &path, &json!({}));
        let (first, later, asked) = told_of_bob(&server, true);
        for events in [&first["events"], &later["events"]] {
            assert!(events.to_string().contains("@bob:localhost"), "{events}");
        }
        assert_eq!((&asked["presence"], &asked["status_msg"]), (&json!("online"), &json!("at work")));
        assert_eq!(server.stop("TERM"), Some(0));

        // What was known before is not told either. Clients that set or ask get the answers that they expect.
        let folder = folder.with("PRESENCE__ENABLED", "false");
        let server = folder.start();
        let (first, later, asked) = told_of_bob(&server, false);
        assert_eq!((first, later, asked), (Value::Null, Value::Null, json!({ "presence": "offline" })));
        assert_eq!(server.stop("TERM"), Some(0));
    });
}
