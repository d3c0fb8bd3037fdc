//! Reading: one moment, no writing, and no harm from closures that fail.

use std::time::Duration;

use diesel::{connection::SimpleConnection, prelude::*};

use super::{add_fact, facts};
use crate::{Error, LogKind, Options, Store, schema::meta, testing::each};

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_sees_one_moment() {
    each(async |database| {
        let store = database.open();
        let (wrote, written) = std::sync::mpsc::channel::<()>();
        let (started, running) = tokio::sync::oneshot::channel();
        let reader = store.clone();
        let count = |c: &mut crate::Conn| meta::table.filter(meta::name.like("fact%")).count().get_result::<i64>(c);
        let reading = tokio::spawn(async move {
            let read = reader.snapshot(move |c, position| {
                let before = count(c)?;
                let _ = started.send(());
                let _ = written.recv();
                Ok((position, before, count(c)?, store_position(c)?))
            });
            read.await
        });
        running.await.unwrap();
        for i in 0..20 {
            add_fact(&store, format!("fact{i}")).await.unwrap();
            store.write(|tx| Ok(tx.log(LogKind::Account, None, None, None))).await.unwrap();
        }
        drop(wrote);
        assert_eq!(reading.await.unwrap().unwrap(), (0, 0, 0, 0));
        let now = store.slow_snapshot(move |c, position| Ok((position, count(c)?))).await.unwrap();
        assert_eq!(now, (20, 20));
        store.close().await;
    })
    .await;
}

fn store_position(c: &mut crate::Conn) -> QueryResult<i64> {
    crate::schema::clock::table.select(crate::schema::clock::position).first(c)
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_cannot_write() {
    each(async |database| {
        let store = database.open();
        let insert = "INSERT INTO meta (name, value) VALUES ('a', '')";
        assert!(store.read(|c| Ok(c.batch_execute(insert)?)).await.is_err());
        assert!(store.snapshot(|c, _| Ok(c.batch_execute(insert)?)).await.is_err());
        assert_eq!(facts(&store, "a").await, 0);
        store.close().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_closure_leaves_behind_harms_nobody() {
    each(async |database| {
        let store = Store::open(Options { readers: 1, slow_readers: 1, ..database.options() }).unwrap();
        for _ in 0..3 {
            assert!(matches!(store.read(|_| -> crate::Result<()> { panic!("!") }).await, Err(Error::Panicked)));
            let panicked = store.snapshot(|_, _| -> crate::Result<()> { panic!("!") }).await;
            assert!(matches!(panicked, Err(Error::Panicked)));
            assert!(store.snapshot(|c, _| Ok(c.batch_execute("SELECT nonsense")?)).await.is_err());
            // An error that is kept inside a value.
            let hidden = store.snapshot(|c, _| Ok(c.batch_execute("SELECT nonsense").is_err())).await;
            assert!(database.is_sqlite() == hidden.is_ok() || hidden.unwrap());
            assert!(matches!(
                store.snapshot(|_, _| Err::<(), _>(Error::Corrupt("a test".into()))).await,
                Err(Error::Corrupt(_))
            ));
            // And the next ones see what is new, so no transaction was left open.
            add_fact(&store, format!("fact{}", store.next_nid())).await.unwrap();
        }
        assert_eq!(facts(&store, "fact").await, 3);
        assert_eq!(store.snapshot(|_, position| Ok(position)).await.unwrap(), 0);
        store.close().await;
    })
    .await;
}

/// Workers of a web server run on small runtimes of their own; a read must not need one of their blocking threads.
#[test]
fn reads_use_the_threads_of_the_runtime_that_opened_the_store() {
    let home = tokio::runtime::Builder::new_multi_thread().thread_name("home").enable_all().build().unwrap();
    let database = crate::testing::Database::sqlite();
    let store = home.block_on(async { database.open() });
    let worker = tokio::runtime::Builder::new_current_thread().thread_name("worker").enable_all().build().unwrap();
    let name = worker.block_on(store.read(|_| Ok(std::thread::current().name().map(str::to_owned)))).unwrap();
    assert_eq!(name.as_deref(), Some("home"));
    worker.block_on(store.close());
}

#[tokio::test(flavor = "multi_thread")]
async fn more_readers_than_connections_wait_their_turn() {
    each(async |database| {
        let store = Store::open(Options { readers: 2, ..database.options() }).unwrap();
        let mut reads = tokio::task::JoinSet::new();
        for _ in 0..40 {
            let store = store.clone();
            reads.spawn(async move {
                store
                    .read(|c| {
                        std::thread::sleep(Duration::from_millis(2));
                        Ok(store_position(c)?)
                    })
                    .await
            });
        }
        while let Some(read) = reads.join_next().await {
            assert_eq!(read.unwrap().unwrap(), 0);
        }
        store.close().await;
    })
    .await;
}
