//! SQLite on a full disk: a clear error, nothing half written, and it goes on when there is room again.
//!
//! The disk is "full" because the test runs itself again as a process that may not write files beyond a size.

use std::{env, process::Command};

use super::{add_fact, facts, rows};
use crate::{Error, Options, Store, Target, schema::events, testing::Database};

use diesel::prelude::*;

const FOLDER: &str = "PEERBRAIN_TEST_FULL_DISK";

#[test]
fn a_full_disk_breaks_nothing() {
    let database = Database::sqlite();
    let Target::Sqlite(path) = &database.target else { panic!() };
    let store = database.open();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        add_fact(&store, "before").await.unwrap();
        store.close().await;
    });
    drop(store);

    // Blocks of 512 bytes in sh: 1 MiB, which neither the log nor the database may exceed. The signal is ignored, so
    // that write() fails with EFBIG, which SQLite takes like any other failed write.
    let script = "trap '' XFSZ; ulimit -f 2048; exec \"$0\" \"$@\"";
    let test = env::current_exe().unwrap();
    let status = Command::new("sh")
        .args(["-c", script])
        .arg(test)
        .args(["--exact", "tests::full_disk::on_the_full_disk", "--ignored", "--nocapture"])
        .env(FOLDER, path)
        .status()
        .unwrap();
    assert!(status.success());

    let store = database.open();
    runtime.block_on(async {
        let events: i64 = store.read(|c| Ok(events::table.count().get_result(c)?)).await.unwrap();
        assert!(events > 0);
        assert_eq!(events, store.position(), "an event for every position, and no half append");
        add_fact(&store, "after").await.unwrap();
        assert_eq!(facts(&store, "before").await, 1);
        store.close().await;
    });
}

/// Runs only inside the process that the test above starts.
#[test]
#[ignore = "started by a_full_disk_breaks_nothing"]
fn on_the_full_disk() {
    let Some(path) = env::var_os(FOLDER) else { return };
    let options = Options {
        target: Target::Sqlite(path.into()),
        server_name: "test.example".into(),
        readers: 2,
        slow_readers: 1,
        observers: Vec::new(),
    };
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let store = Store::open(options).unwrap();
        let room = store.next_nid();
        let mut revision = 0;
        let mut failures = 0;
        while failures < 20 && revision < 20_000 {
            match store.append(rows::messages(&store, room, revision, 10)).await {
                Ok(appended) => {
                    assert_eq!(failures, 0, "what failed once is full for good here");
                    revision = appended.revision;
                    assert_eq!(appended.positions.last(), Some(&(revision * 10)));
                }
                Err(error @ (Error::Query(_) | Error::Unavailable(_))) => {
                    let text = error.to_string();
                    assert!(text.contains("full") || text.contains("disk"), "{text}");
                    failures += 1;
                }
                Err(other) => panic!("{other}"),
            }
            // Reading goes on.
            let events: i64 = store.read(|c| Ok(events::table.count().get_result(c)?)).await.unwrap();
            assert_eq!(events, revision * 10);
            assert_eq!(store.position(), revision * 10);
        }
        assert_eq!(failures, 20);
        store.close().await;
    });
}
