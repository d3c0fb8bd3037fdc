//! The connection breaks during a commit: it is written once, and everybody is told the truth.

use std::sync::Arc;

use parking_lot::Mutex;

use super::{
    add_fact, facts,
    proxy::{Cut, Proxy},
    rows,
};
use crate::{
    Committed, Error, LogKind, Observer, Options, Store, Target,
    testing::{Cluster, Database},
};

#[derive(Default)]
struct Positions(Mutex<Vec<i64>>);

impl Observer for Positions {
    fn committed(&self, committed: &Committed) {
        self.0.lock().extend(committed.entries.iter().map(|entry| entry.position));
    }
}

struct Setting {
    store: Store,
    proxy: Proxy,
    heard: Arc<Positions>,
    _folder: tempfile::TempDir,
}

fn setting() -> Option<Setting> {
    let Target::Postgres(url) = Database::postgres()?.target else { panic!() };
    let server = Cluster::shared()?.socket_folder();
    let folder = tempfile::tempdir().unwrap();
    let proxy = Proxy::start(folder.path(), server);
    let heard = Arc::new(Positions::default());
    let options = Options {
        target: Target::Postgres(url.replace(server.to_str()?, folder.path().to_str()?)),
        server_name: "test.example".into(),
        readers: 2,
        slow_readers: 1,
        observers: vec![heard.clone()],
    };
    Some(Setting { store: Store::open(options).unwrap(), proxy, heard, _folder: folder })
}

async fn log(store: &Store) -> crate::Result<i64> {
    store.write(|tx| Ok(tx.log(LogKind::Account, None, Some("@a:b"), None))).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_whose_answer_was_lost_is_found_again() {
    let Some(Setting { store, proxy, heard, _folder }) = setting() else { return };
    let room = store.next_nid();
    for revision in 0..3 {
        proxy.cut(Cut::After);
        let append = rows::messages(&store, room, revision, 2);
        // Written twice, this would be stale, or a conflict.
        let (appended, fact, _) =
            tokio::join!(store.append(append), add_fact(&store, format!("f{revision}")), log(&store));
        assert_eq!(appended.unwrap().revision, revision + 1);
        fact.unwrap();
    }
    assert_eq!(facts(&store, "f").await, 3);
    assert_eq!(*heard.0.lock(), (1..=9).collect::<Vec<_>>());
    assert_eq!(store.position(), 9);
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_never_arrived_is_tried_again() {
    let Some(Setting { store, proxy, heard, _folder }) = setting() else { return };
    for i in 1..=3 {
        proxy.cut(Cut::Before);
        assert_eq!(log(&store).await.unwrap(), i);
    }
    assert_eq!(*heard.0.lock(), [1, 2, 3]);
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_found_out_is_said_to_be_unknown_and_heard_of_later() {
    let Some(Setting { store, proxy, heard, _folder }) = setting() else { return };
    log(&store).await.unwrap();
    for (cut, expected) in [(Cut::After, vec![1, 2, 3]), (Cut::Before, vec![1, 2, 3, 4])] {
        proxy.stay_down(true);
        proxy.cut(cut);
        assert!(matches!(log(&store).await, Err(Error::Unconfirmed)));
        assert!(matches!(log(&store).await, Err(Error::Unavailable(_))));
        proxy.stay_down(false);
        assert_eq!(log(&store).await.unwrap(), *expected.last().unwrap());
        assert_eq!(*heard.0.lock(), expected);
    }
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_of_which_postgres_has_not_heard_were_not_committed() {
    let Some(database) = Database::postgres() else { return };
    let mut conn = crate::Conn::open(&database.target, crate::connection::Role::Writer).unwrap();
    assert_eq!(crate::writer::was_committed(&mut conn, 1 << 40).unwrap(), Some(false));
}
