//! Backups by command, while the server runs and people talk.

use std::fs;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::program::{Folder, Kind, PATIENCE, Server, each};

#[test]
fn a_backup_brings_a_server_back_on_either_database() {
    each(|from| each(|to| bring_back(&Folder::new(from).with("ROOMS__DEFAULT_VERSION", "11"), &Folder::new(to))));
}

fn bring_back(folder: &Folder, new: &Folder) {
    folder.ask(&["user", "create", "alice", "--password", "correct horse"]);
    let server = folder.start();
    let alice = Alice::login(&server);
    let room = alice.create_room();
    let (stop, said) = (AtomicBool::new(false), AtomicUsize::new(0));
    let until_said = |number| {
        let patience = Instant::now() + PATIENCE;
        while said.load(Ordering::SeqCst) < number && Instant::now() < patience {
            thread::sleep(Duration::from_millis(20));
        }
    };
    // What was acknowledged before the backup began, and the newest position of all.
    let (before, all) = thread::scope(|scope| {
        let talk = scope.spawn(|| {
            let mut sent = Vec::new();
            while !stop.load(Ordering::SeqCst) {
                sent.push(alice.send(&room, sent.len()));
                said.store(sent.len(), Ordering::SeqCst);
            }
            sent
        });
        until_said(10);
        let before = alice.timeline(&room);
        folder.ask(&["db", "backup", "saved"]);
        until_said(before.len() + 1);
        stop.store(true, Ordering::SeqCst);
        (before, talk.join().unwrap())
    });
    assert!(!before.is_empty() && all.len() > before.len());
    let last = alice.sync(None)["next_batch"].as_str().unwrap().to_owned();
    let Alice { token, device, .. } = alice;
    assert_eq!(folder.mode("saved"), 0o600);
    assert!(folder.fails(&["db", "backup", "saved"]).contains("exists already"));
    assert_eq!(server.stop("TERM"), Some(0));

    let saved = folder.path("saved").display().to_string();
    let said = new.ask(&["db", "restore", &saved]);
    assert!(said.contains("whole backup of localhost") && said.contains("Restored"), "{said}");
    for file in ["peerbrain.toml", "data/signing.key"] {
        assert_eq!(fs::read(new.path(file)).unwrap(), fs::read(folder.path(file)).unwrap(), "{file}");
        assert_eq!(new.mode(file), 0o600);
    }
    let variables = fs::read_to_string(new.path("peerbrain.env")).unwrap();
    assert!(variables.contains("PEERBRAIN__ROOMS__DEFAULT_VERSION=11\n"), "{variables}");
    assert!(new.ask(&["db", "check"]).contains("sound"));

    let server = new.start();
    let alice = Alice { server: &server, token, device };
    let after = alice.timeline(&room);
    assert!(before.iter().all(|event| after.contains(event)), "an acknowledged event is missing");
    // A client that had seen more than the backup holds goes on from its old token, and new positions are beyond it.
    let sent = alice.send(&room, 1_000_000);
    let news = alice.sync(Some(&last));
    assert!(news.to_string().contains(&sent), "{news}");
    let complaint = new.fails(&["db", "restore", &saved]);
    assert!(complaint.contains("in use") || complaint.contains("not empty"), "{complaint}");
}

#[test]
fn a_backup_of_another_server_is_refused() {
    each(|kind| {
        let folder = Folder::new(kind);
        folder.start().stop("TERM");
        folder.ask(&["db", "backup", "saved"]);
        let saved = folder.path("saved").display().to_string();
        let new = Folder::new(Kind::Sqlite).with("SERVER__NAME", "example.org");
        let complaint = new.fails(&["db", "restore", &saved]);
        assert!(complaint.contains("localhost") && complaint.contains("example.org"), "{complaint}");
        assert!(!new.path("data").exists());
    });
}

/// A key that was claimed after the backup must not be given to a second one.
#[test]
fn a_restore_gives_out_no_old_one_time_key() {
    each(|kind| {
        let folder = Folder::new(kind);
        folder.ask(&["user", "create", "alice", "--password", "correct horse"]);
        let server = folder.start();
        let alice = Alice::login(&server);
        let old = json!({ "org.example.kind:A": "key A", "org.example.kind:B": "key B" });
        assert_eq!(alice.upload_keys(&old), json!(2));
        folder.ask(&["db", "backup", "saved"]);
        assert_eq!(alice.claim_key(), json!({ "org.example.kind:A": "key A" }));
        let Alice { token, device, .. } = alice;
        assert_eq!(server.stop("TERM"), Some(0));

        let new = Folder::new(kind);
        new.ask(&["db", "restore", &folder.path("saved").display().to_string()]);
        let server = new.start();
        let alice = Alice { server: &server, token, device };
        let counts = &alice.sync(None)["device_one_time_keys_count"];
        assert_eq!((&counts["org.example.kind"], &counts["signed_curve25519"]), (&Value::Null, &json!(0)));
        assert_eq!(alice.upload_keys(&old), Value::Null);
        assert_eq!(alice.claim_key(), Value::Null);
        assert_eq!(alice.upload_keys(&json!({ "org.example.kind:C": "key C" })), json!(1));
        assert_eq!(alice.claim_key(), json!({ "org.example.kind:C": "key C" }));
    });
}

/// A user who talks.
struct Alice<'a> {
    server: &'a Server,
    token: String,
    device: String,
}

impl<'a> Alice<'a> {
    fn login(server: &'a Server) -> Self {
        let (status, answer) = server.login("alice", "correct horse");
        assert_eq!(status, 200, "{answer}");
        let answer: Value = serde_json::from_str(&answer).unwrap();
        let text = |key: &str| answer[key].as_str().unwrap().to_owned();
        Self { server, token: text("access_token"), device: text("device_id") }
    }

    fn ask(&self, method: &str, path: &str, body: &str) -> Value {
        let header = format!("Authorization: Bearer {}\r\n", self.token);
        let (status, answer) = self.server.request(method, &format!("/_matrix/client/v3/{path}"), &header, body);
        assert_eq!(status, 200, "{path}: {answer}");
        serde_json::from_str(&answer).unwrap()
    }

    /// Uploads one-time keys of a made-up kind, and says how many of it there are then.
    fn upload_keys(&self, keys: &Value) -> Value {
        let answer = self.ask("POST", "keys/upload", &json!({ "one_time_keys": keys }).to_string());
        answer["one_time_key_counts"]["org.example.kind"].clone()
    }

    /// Claims one of them.
    fn claim_key(&self) -> Value {
        let wanted = json!({ "@alice:localhost": { &self.device: "org.example.kind" } });
        let answer = self.ask("POST", "keys/claim", &json!({ "one_time_keys": wanted }).to_string());
        answer["one_time_keys"]["@alice:localhost"][&self.device].clone()
    }

    fn create_room(&self) -> String {
        self.ask("POST", "createRoom", "{}")["room_id"].as_str().unwrap().to_owned()
    }

    /// Sends a message and gives its id.
    fn send(&self, room: &str, number: usize) -> String {
        let body = json!({ "msgtype": "m.text", "body": number.to_string() }).to_string();
        let path = format!("rooms/{room}/send/m.room.message/{number}");
        self.ask("PUT", &path, &body)["event_id"].as_str().unwrap().to_owned()
    }

    /// The ids of all messages of a room, newest first.
    fn timeline(&self, room: &str) -> Vec<String> {
        let (mut ids, mut from) = (Vec::new(), String::new());
        loop {
            let page = self.ask("GET", &format!("rooms/{room}/messages?dir=b&limit=100{from}"), "");
            let messages = page["chunk"].as_array().unwrap().iter().filter(|event| event["type"] == "m.room.message");
            ids.extend(messages.map(|event| event["event_id"].as_str().unwrap().to_owned()));
            let Some(end) = page["end"].as_str() else { return ids };
            from = format!("&from={end}");
        }
    }

    fn sync(&self, since: Option<&str>) -> Value {
        self.ask("GET", &since.map_or("sync".to_owned(), |since| format!("sync?since={since}")), "")
    }
}
