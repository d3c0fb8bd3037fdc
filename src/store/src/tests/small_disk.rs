//! SQLite on a disk that is really full: a clear error, what was acknowledged stays, and it goes on when there is room again.

use diesel::prelude::*;

use super::rows;
use crate::{Error, Options, Store, Target, schema::events, testing::skipped};

#[path = "../../../../tests/it/small_disk.rs"]
mod disk;

use disk::SmallDisk;

fn options(disk: &SmallDisk) -> Options {
    Options {
        target: Target::Sqlite(disk.path().join("test.db")),
        server_name: "test.example".into(),
        readers: 2,
        slow_readers: 1,
        observers: Vec::new(),
    }
}

async fn stored(store: &Store) -> i64 {
    store.read(|c| Ok(events::table.count().get_result(c)?)).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_space_left_breaks_nothing() {
    let Some(disk) = SmallDisk::mount(16, skipped) else { return };
    let store = Store::open(options(&disk)).unwrap();
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
    let store = Store::open(options(&disk)).unwrap();
    assert_eq!((stored(&store).await, store.position()), (revision * 10 + 10, revision * 10 + 10));
    store.close().await;
}
