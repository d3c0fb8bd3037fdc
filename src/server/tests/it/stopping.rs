//! How the server stops.

use std::time::{Duration, Instant};

use crate::program::{Folder, each};

#[test]
fn both_signals_stop_it_cleanly() {
    each(|kind| {
        let folder = Folder::new(kind);
        for signal in ["TERM", "INT"] {
            let server = folder.start();
            assert!(folder.path("data/admin.sock").exists());
            assert_eq!(server.stop(signal), Some(0));
            assert!(!folder.path("data/admin.sock").exists());
        }
    });
}

#[test]
fn after_a_kill_it_starts_again() {
    each(|kind| {
        let folder = Folder::new(kind);
        folder.start().stop("KILL");
        assert!(folder.path("data/admin.sock").exists());
        let server = folder.start();
        assert!(folder.ask(&["user", "list"]).is_empty());
        assert_eq!(server.get("/health").0, 200);
    });
}

#[test]
fn a_long_poll_is_answered_and_not_cut_off() {
    each(|kind| {
        let folder = Folder::new(kind);
        folder.ask(&["user", "create", "alice", "--password", "correct horse"]);
        let server = folder.start();
        let (_, login) = server.login("alice", "correct horse");
        let login: serde_json::Value = serde_json::from_str(&login).unwrap();
        let header = format!("Authorization: Bearer {}\r\n", login["access_token"].as_str().unwrap());
        let (status, first) = server.request("GET", "/_matrix/client/v3/sync", &header, "");
        assert_eq!(status, 200, "{first}");
        let first: serde_json::Value = serde_json::from_str(&first).unwrap();
        let path = format!("/_matrix/client/v3/sync?timeout=60000&since={}", first["next_batch"].as_str().unwrap());

        let started = Instant::now();
        let poll = std::thread::scope(|scope| {
            let poll = scope.spawn(|| server.request("GET", &path, &header, ""));
            std::thread::sleep(Duration::from_millis(700));
            assert!(!poll.is_finished());
            server.signal("TERM");
            poll.join().unwrap()
        });
        assert_eq!(poll.0, 200, "{}", poll.1);
        assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
    });
}
