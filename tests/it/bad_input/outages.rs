//! A full disk, and a database that goes away: clear errors meanwhile, recovery after.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use futures_util::future::join_all;

use crate::database::Database;
use crate::postgres::Cluster;
use crate::programs;
use crate::server::Server;
use crate::skipped::skipped;
use crate::user::{message, message_path};

/// Whether there is the tool that limits files.
fn can_limit_files() -> bool {
    let there = Command::new("prlimit").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok();
    if !there {
        skipped("this machine has no prlimit (util-linux) for the test of a disk that becomes full");
    }
    there
}

/// Limits the size of every file that the process writes; without a number, no longer.
fn limit_files(server: &Server, bytes: Option<u64>) {
    let limit = bytes.map_or("unlimited".to_owned(), |bytes| bytes.to_string());
    let pid = server.pid().to_string();
    let done = Command::new("prlimit").args(["--pid", &pid, &format!("--fsize={limit}:unlimited")]).status();
    assert!(done.unwrap().success(), "prlimit");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk() {
    if !can_limit_files() {
        return;
    }
    // A file that may not grow any more is what a full disk looks like to the process, but for the number of the
    // error. The signal that comes with it is ignored, as it does not come with a full disk.
    let wrapper = tempfile::tempdir().unwrap();
    let script = wrapper.path().join("peerbrain");
    fs::write(&script, format!("#!/bin/sh\ntrap '' XFSZ\nexec '{}' \"$@\"\n", programs::server().display())).unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    let mut server = Server::prepare(script);
    server.write_configuration(&Database::Sqlite);
    // The log is a file too.
    server.set("PEERBRAIN__LOG__LEVEL", "off");
    server.restart().await;
    let alice = server.register("alice").await;
    let room = alice.public_room("Disk").await;
    alice.say(&room, "before", "before").await;

    limit_files(&server, Some(4_096));
    let mut refused = 0;
    for turn in 0..10 {
        let reply = alice.put(&message_path(&room, &format!("full {turn}")), message(&format!("full {turn}"))).await;
        // What still fits may be written.
        if reply.status != 200 {
            assert!(
                (500..=599).contains(&reply.status) && !reply.code().is_empty(),
                "{}: {}",
                reply.status,
                reply.text
            );
            refused += 1;
        }
    }
    assert_eq!(refused, 10, "the disk was not full");
    assert_eq!(alice.texts(&room).await, ["before"], "reading needs no room on the disk");
    limit_files(&server, None);
    alice.say(&room, "full 3", "full 3").await;
    alice.say(&room, "after", "after").await;
    assert_eq!(alice.texts(&room).await, ["before", "full 3", "after"]);
    server.is_sound();
    server.kill();
    server.restart().await;
    assert_eq!(alice.texts(&room).await, ["before", "full 3", "after"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_goes_away() {
    let Some(cluster) = Cluster::start("fsync=off") else { return };
    let database = Database::Postgres { url: cluster.fresh_database() };
    let mut server = Server::start(&database).await;
    let alice = server.register("alice").await;
    let room = alice.public_room("Away").await;
    alice.say(&room, "before", "before").await;
    for round in 0..2 {
        cluster.kill();
        let health = server.client().get("/health").await;
        assert_eq!(health.status, 503, "{}", health.text);
        // At the same time, for each may wait a while for the database.
        let paths = ["/sync".to_owned(), "/joined_rooms".to_owned(), format!("/rooms/{room}/messages?dir=b")];
        for reply in join_all(paths.iter().map(|path| alice.get(path))).await {
            let refused = reply.status == 503 && reply.code() == "M_UNKNOWN";
            assert!(reply.status == 200 || refused, "{}: {} {}", reply.asked, reply.status, reply.text);
        }
        let text = format!("away {round}");
        let sent = alice.put(&message_path(&room, &text), message(&text)).await;
        assert_eq!((sent.status, sent.code()), (503, "M_UNKNOWN"), "{}", sent.text);
        cluster.resume();
        let started = Instant::now();
        loop {
            // The client repeats what was not acknowledged.
            let reply = alice.put(&message_path(&room, &text), message(&text)).await;
            if reply.status == 200 {
                break;
            }
            assert!(
                reply.status == 503 && started.elapsed() < Duration::from_secs(60),
                "{}: {}",
                reply.status,
                reply.text
            );
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        // It looks through another connection, which may have to be made anew as well.
        while server.client().get("/health").await.status != 200 {
            assert!(started.elapsed() < Duration::from_secs(60), "it is not healthy again");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
    assert_eq!(alice.texts(&room).await, ["before", "away 0", "away 1"]);
    server.is_sound();
}
