//! Many writes, few transactions; and what fails, fails alone.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use diesel::{connection::SimpleConnection, prelude::*};
use tokio::task::JoinSet;

use super::{add_fact, facts, hold, wait_for_queue};
use crate::{
    Error, LogKind,
    schema::{clock, log},
    testing::each,
};

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_shares_a_transaction() {
    each(async |database| {
        let store = database.open();
        let release = hold(&store).await;
        let before = store.writer_counts();
        let mut writes = JoinSet::new();
        for i in 0..200 {
            let store = store.clone();
            writes.spawn(async move { add_fact(&store, format!("fact{i}")).await });
        }
        wait_for_queue(&store, 200).await;
        drop(release);
        while let Some(written) = writes.join_next().await {
            written.unwrap().unwrap();
        }
        let after = store.writer_counts();
        assert_eq!(after.1 - before.1, 200);
        // That of the holder, and one for all.
        assert_eq!(after.0 - before.0, 2);
        assert_eq!((after.2, after.3), (0, 0));
        assert_eq!(facts(&store, "fact").await, 200);
        store.close().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failing_write_fails_alone_and_others_run_twice() {
    each(async |database| {
        let store = database.open();
        add_fact(&store, "taken").await.unwrap();
        let release = hold(&store).await;
        let runs = Arc::new(AtomicU32::new(0));
        let mut good = JoinSet::new();
        for i in 0..10 {
            let (store, runs) = (store.clone(), runs.clone());
            good.spawn(async move {
                let write = move |tx: &mut crate::Tx<'_>| {
                    runs.fetch_add(1, Ordering::Relaxed);
                    Ok((i, tx.log(LogKind::Profile, None, Some("@a:b"), Some(i))))
                };
                store.write(write).await
            });
        }
        wait_for_queue(&store, 10).await;
        let failing = store.clone();
        let failing = tokio::spawn(async move { add_fact(&failing, "taken").await });
        wait_for_queue(&store, 11).await;
        let panicking = store.clone();
        let panicking = tokio::spawn(async move { panicking.write(|_| -> crate::Result<()> { panic!("!") }).await });
        wait_for_queue(&store, 12).await;
        drop(release);

        let mut positions = Vec::new();
        while let Some(written) = good.join_next().await {
            let (i, position) = written.unwrap().unwrap();
            positions.push((position, i));
        }
        assert!(failing.await.unwrap().unwrap_err().is_conflict());
        assert!(matches!(panicking.await.unwrap(), Err(Error::Panicked)));
        assert_eq!(runs.load(Ordering::Relaxed), 20, "once in vain, once alone");

        positions.sort_unstable();
        let stored: Vec<(i64, i64)> = store
            .read(|c| {
                let rows = log::table.order(log::position).select((log::position, log::row_id.assume_not_null()));
                Ok(rows.load(c)?)
            })
            .await
            .unwrap();
        assert_eq!(stored, positions);
        assert_eq!(stored.first().map(|first| first.0), Some(1));
        assert_eq!(store.position(), 10, "no position is lost to what was rolled back");
        assert_eq!(facts(&store, "taken").await, 1);
        store.close().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_that_a_write_keeps_to_itself_is_noticed_where_it_matters() {
    each(async |database| {
        let store = database.open();
        add_fact(&store, "taken").await.unwrap();
        let outcome = store
            .write(|tx| {
                crate::meta::set(tx.conn(), "half", "")?;
                let _ = tx.conn().batch_execute("INSERT INTO meta (name, value) VALUES ('taken', '')");
                Ok(())
            })
            .await;
        // SQLite goes on after a failed statement, PostgreSQL does not; neither says "written" of what was not.
        assert_eq!(outcome.is_ok(), database.is_sqlite(), "{outcome:?}");
        assert_eq!(facts(&store, "half").await, i64::from(database.is_sqlite()));
        add_fact(&store, "later").await.unwrap();
        store.close().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_of_all_kinds_conflict() {
    each(async |database| {
        let store = database.open();
        for sql in [
            "INSERT INTO log (position, kind) VALUES (7, 1)",
            "INSERT INTO meta (name, value) VALUES ('a', '')",
            "INSERT INTO state_keys (nid, event_type, state_key) VALUES (3, 'a', 'b')",
        ] {
            store.write(move |tx| Ok(tx.conn().batch_execute(sql)?)).await.unwrap();
            let error = store.write(move |tx| Ok(tx.conn().batch_execute(sql)?)).await.unwrap_err();
            assert!(error.is_conflict(), "{error:?}");
        }
        let other = store.write(|tx| Ok(tx.conn().batch_execute("INSERT INTO meta (name) VALUES ('b')")?)).await;
        assert!(!other.unwrap_err().is_conflict());
        store.close().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_order_of_commits_is_that_of_positions() {
    each(async |database| {
        let store = database.open();
        // Each snapshot must hold everything up to its own position, and nothing behind it.
        let reader = store.clone();
        let watching = tokio::spawn(async move {
            let mut seen = 0;
            while seen < 600 {
                let (position, rows) = reader
                    .snapshot(|c, position| {
                        std::thread::sleep(Duration::from_millis(1));
                        let rows: Vec<i64> = log::table.order(log::position).select(log::position).load(c)?;
                        Ok((position, rows))
                    })
                    .await
                    .unwrap();
                assert_eq!(rows, (1..=position).collect::<Vec<_>>());
                assert!(position >= seen);
                seen = position;
            }
        });
        let mut writers = JoinSet::new();
        for writer in 0..10 {
            let store = store.clone();
            writers.spawn(async move {
                let mut last = 0;
                for i in 0..20 {
                    let three = move |tx: &mut crate::Tx<'_>| {
                        Ok([0; 3].map(|_| tx.log(LogKind::Devices, None, Some("@a:b"), Some(writer * 100 + i))))
                    };
                    let [first, second, third] = store.write(three).await.unwrap();
                    assert!(last < first && first + 1 == second && second + 1 == third);
                    assert!(store.position() >= third, "what is acknowledged is known");
                    last = third;
                }
            });
        }
        while let Some(done) = writers.join_next().await {
            done.unwrap();
        }
        watching.await.unwrap();
        let stored: (i64, i64) =
            store.read(|c| Ok(clock::table.select((clock::position, clock::backfilled)).first(c)?)).await.unwrap();
        assert_eq!((stored, store.position()), ((600, 0), 600));
        store.close().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn closing_writes_what_waits() {
    each(async |database| {
        let store = database.open();
        let release = hold(&store).await;
        let mut writes = JoinSet::new();
        for i in 0..300 {
            let store = store.clone();
            writes.spawn(async move { add_fact(&store, format!("fact{i}")).await });
        }
        wait_for_queue(&store, 300).await;
        let closing = [store.clone(), store.clone()].map(|store| tokio::spawn(async move { store.close().await }));
        wait_for_queue(&store, 301).await;
        drop(release);
        for closing in closing {
            closing.await.unwrap();
        }
        while let Some(written) = writes.join_next().await {
            written.unwrap().unwrap();
        }
        assert!(matches!(add_fact(&store, "late").await, Err(Error::Closed)));
        drop(store);
        // Closed means closed: the lock is free again at once.
        let again = database.open();
        assert_eq!(facts(&again, "fact").await, 300);
        tokio::task::spawn_blocking(move || again.close_blocking()).await.unwrap();
        database.open().close().await;
    })
    .await;
}
