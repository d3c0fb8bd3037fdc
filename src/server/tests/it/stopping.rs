//! How the server stops.

use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use peerbrain_core::limits::WAITING_SYNCS_PER_DEVICE;

use crate::program::{Folder, Kind, each};

/// What the answers at the end may take on a busy machine: less than the half minute after which the server gives up.
const AT_ONCE: Duration = Duration::from_secs(25);

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
fn a_reload_does_not_end_it() {
    let server = Folder::new(Kind::Sqlite).start();
    for _ in 0..3 {
        server.signal("HUP");
        assert_eq!(server.get("/health").0, 200);
    }
    assert_eq!(server.stop("TERM"), Some(0));
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
        // Who is online is news for which no poll shall end here.
        let folder = Folder::new(kind).with("PRESENCE__ENABLED", "false");
        folder.ask(&["user", "create", "alice", "--password", "correct horse"]);
        let server = folder.start();
        let header = server.authorized("alice", "correct horse");
        let (status, first) = server.request("GET", "/_matrix/client/v3/sync", &header, "");
        assert_eq!(status, 200, "{first}");
        let first: serde_json::Value = serde_json::from_str(&first).unwrap();
        let path = format!("/_matrix/client/v3/sync?timeout=60000&since={}", first["next_batch"].as_str().unwrap());

        let poll = |number| server.request("GET", &format!("{path}&filter=%7B%22n%22:{number}%7D"), &header, "");
        let (answers, answered) = mpsc::channel();
        thread::scope(|scope| {
            for number in 0..=WAITING_SYNCS_PER_DEVICE {
                let (poll, answers) = (&poll, answers.clone());
                scope.spawn(move || answers.send(poll(number)).unwrap());
            }
            drop(answers);
            // One more than may wait: once the oldest is sent away, all the others have come.
            assert_eq!(answered.recv().unwrap().0, 200);
            assert!(answered.try_recv().is_err(), "the others wait");
            let told = Instant::now();
            server.signal("TERM");
            for _ in 0..WAITING_SYNCS_PER_DEVICE {
                let (status, answer) = answered.recv().unwrap();
                assert_eq!(status, 200, "{answer}");
            }
            assert!(told.elapsed() < AT_ONCE, "{:?}", told.elapsed());
        });
    });
}
