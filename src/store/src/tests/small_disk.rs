//! SQLite on a disk that is really full: a clear error, what was acknowledged stays, and it goes on when there is room again.

use std::{
    fs::{self, File},
    io::{ErrorKind, Write},
    path::PathBuf,
    process::{Child, Command, Stdio},
};

use diesel::prelude::*;

use super::rows;
use crate::{Error, Options, Store, Target, schema::events, testing::skipped};

/// Waits until its standard input ends, which is when this process does or lets go of it; then tidies up.
const WATCHER: &str = r#"
trap '' INT TERM HUP
read -r _
umount "$1" || umount -l "$1"
rmdir "$1"
"#;

/// A file system in memory, of a few megabytes, as long as this value or the process lives.
struct SmallDisk {
    folder: PathBuf,
    watcher: Child,
}

impl SmallDisk {
    /// None where nothing can be mounted, which takes root.
    fn mount(megabytes: u32) -> Option<Self> {
        let folder = tempfile::Builder::new().prefix("peerbrain-disk-").tempdir().unwrap().keep();
        let mut watch = Command::new("sh");
        watch.args(["-c", WATCHER, "sh"]).arg(&folder).stdin(Stdio::piped());
        let watcher = watch.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let disk = Self { folder, watcher };
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={megabytes}m,mode=755"), "tmpfs"]).arg(&disk.folder);
        if mount.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success()) {
            return Some(disk);
        }
        skipped("no file system can be mounted here for the tests of full disks");
        None
    }

    /// Leaves no room.
    fn fill(&self) {
        let mut file = File::create(self.folder.join("ballast")).unwrap();
        let error = loop {
            if let Err(error) = file.write_all(&[0; 4_096]) {
                break error;
            }
        };
        assert_eq!(error.kind(), ErrorKind::StorageFull);
    }

    /// Gives the room back.
    fn free(&self) {
        fs::remove_file(self.folder.join("ballast")).unwrap();
    }

    fn options(&self) -> Options {
        Options {
            target: Target::Sqlite(self.folder.join("test.db")),
            server_name: "test.example".into(),
            readers: 2,
            slow_readers: 1,
            observers: Vec::new(),
        }
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        drop(self.watcher.stdin.take());
        let _ = self.watcher.wait();
    }
}

async fn stored(store: &Store) -> i64 {
    store.read(|c| Ok(events::table.count().get_result(c)?)).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_space_left_breaks_nothing() {
    let Some(disk) = SmallDisk::mount(16) else { return };
    let store = Store::open(disk.options()).unwrap();
    let room = store.next_nid();
    let mut revision = store.append(rows::messages(&store, room, 0, 10)).await.unwrap().revision;
    disk.fill();
    let mut failures = 0;
    while failures < 20 && revision < 20_000 {
        match store.append(rows::messages(&store, room, revision, 10)).await {
            // SQLite's files may have room inside.
            Ok(appended) => revision = appended.revision,
            Err(error @ (Error::Query(_) | Error::Unavailable(_))) => {
                let text = error.to_string();
                assert!(text.contains("full") || text.contains("disk"), "{text}");
                failures += 1;
            }
            Err(other) => panic!("{other}"),
        }
        assert_eq!((stored(&store).await, store.position()), (revision * 10, revision * 10));
    }
    assert_eq!(failures, 20);

    disk.free();
    let appended = store.append(rows::messages(&store, room, revision, 10)).await.unwrap();
    assert_eq!(appended.positions.last(), Some(&(revision * 10 + 10)));
    store.close().await;
    drop(store);
    let store = Store::open(disk.options()).unwrap();
    assert_eq!((stored(&store).await, store.position()), (revision * 10 + 10, revision * 10 + 10));
    store.close().await;
}
