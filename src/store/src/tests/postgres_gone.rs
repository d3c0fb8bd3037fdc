//! PostgreSQL throws connections out, or goes away and comes back: the store lives through it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use diesel::{connection::SimpleConnection, prelude::*};

use super::{add_fact, facts, rows};
use crate::{
    Error, LogKind, Options, Store, Target,
    testing::{Cluster, Database},
};

/// Ends all other connections to the database of this one.
const KICK: &str = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";

fn kick(database: &Database) {
    let Target::Postgres(url) = &database.target else { panic!() };
    PgConnection::establish(url).unwrap().batch_execute(KICK).unwrap();
    // They end a moment after that.
    std::thread::sleep(Duration::from_millis(50));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_writer_that_was_thrown_out_comes_back() {
    let Some(database) = Database::postgres() else { return };
    let store = database.open();
    for i in 0..5 {
        kick(&database);
        // The transaction cannot have been committed, so it is simply tried again.
        add_fact(&store, format!("fact{i}")).await.unwrap();
    }
    let room = store.next_nid();
    kick(&database);
    assert_eq!(store.append(rows::messages(&store, room, 0, 2)).await.unwrap().positions, [1, 2]);
    assert_eq!(facts(&store, "fact").await, 5);
    assert!(matches!(Store::open(database.options()), Err(Error::InUse(_))), "the lock came back, too");
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_writer_thrown_out_between_two_statements_writes_once() {
    let Some(database) = Database::postgres() else { return };
    let store = database.open();
    let mut runs = 0;
    let Target::Postgres(url) = database.target.clone() else { panic!() };
    let written = store.write(move |tx| {
        runs += 1;
        let position = tx.log(LogKind::Account, None, None, None);
        crate::meta::set(tx.conn(), &format!("run{runs}"), "")?;
        if runs == 1 {
            PgConnection::establish(&url).unwrap().batch_execute(KICK).unwrap();
            std::thread::sleep(Duration::from_millis(50));
        }
        crate::meta::set(tx.conn(), "end", "")?;
        Ok((runs, position))
    });
    assert_eq!(written.await.unwrap(), (2, 1));
    assert_eq!((facts(&store, "run1").await, facts(&store, "run2").await), (0, 1));
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_always_kills_its_connection_fails_alone() {
    let Some(database) = Database::postgres() else { return };
    let store = database.open();
    let killing = store.write(|tx| Ok(tx.conn().batch_execute("SELECT pg_terminate_backend(pg_backend_pid())")?));
    let (killed, written) = tokio::join!(killing, add_fact(&store, "neighbour"));
    assert!(matches!(killed, Err(Error::Query(_))), "{killed:?}");
    written.unwrap();
    add_fact(&store, "later").await.unwrap();
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_that_were_thrown_out_are_replaced() {
    let Some(database) = Database::postgres() else { return };
    let store = Store::open(Options { readers: 4, ..database.options() }).unwrap();
    add_fact(&store, "a").await.unwrap();
    let hidden = |c: &mut crate::Conn| Ok(c.batch_execute("SELECT 1").is_ok());
    for _ in 0..3 {
        // All four are in use, then idle.
        let four = (0..4).map(|_| {
            store.read(|c| {
                std::thread::sleep(Duration::from_millis(30));
                Ok(c.batch_execute("SELECT 1")?)
            })
        });
        for read in futures(four).await {
            read.unwrap();
        }
        kick(&database);
        // One notices, even where its closure keeps the error to itself; the others are tested before they are used.
        assert!(!store.read(hidden).await.unwrap());
        for _ in 0..8 {
            assert!(store.read(hidden).await.unwrap());
        }
    }
    assert_eq!(facts(&store, "a").await, 1);
    store.close().await;
}

async fn futures<T>(all: impl Iterator<Item = impl Future<Output = T>>) -> Vec<T> {
    let mut all: Vec<_> = all.map(Box::pin).collect();
    let mut done: Vec<Option<T>> = all.iter().map(|_| None).collect();
    std::future::poll_fn(|context| {
        for (future, done) in all.iter_mut().zip(&mut done) {
            if done.is_none()
                && let std::task::Poll::Ready(value) = future.as_mut().poll(context)
            {
                *done = Some(value);
            }
        }
        if done.iter().all(Option::is_some) { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    done.into_iter().flatten().collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_of_postgres_needs_none_of_ours() {
    let Some(cluster) = Cluster::start() else { return };
    let options = Options {
        target: Target::Postgres(cluster.database()),
        server_name: "test.example".into(),
        readers: 3,
        slow_readers: 1,
        observers: Vec::new(),
    };
    let store = Store::open(options).unwrap();
    let room = store.next_nid();
    store.append(rows::messages(&store, room, 0, 3)).await.unwrap();
    assert_eq!(facts(&store, "fact").await, 0);

    cluster.stop();
    let began = Instant::now();
    let down = add_fact(&store, "down").await;
    assert!(matches!(down, Err(Error::Unavailable(_))), "{down:?}");
    assert!(began.elapsed() < Duration::from_secs(30));
    let many = (0..50).map(|i| add_fact(&store, format!("down{i}"))).collect::<Vec<_>>();
    let began = Instant::now();
    assert!(futures(many.into_iter()).await.iter().all(|result| matches!(result, Err(Error::Unavailable(_)))));
    assert!(began.elapsed() < Duration::from_secs(30), "they do not fail one after another");
    assert!(store.read(|c| Ok(c.batch_execute("SELECT 1")?)).await.is_err());

    cluster.resume();
    add_fact(&store, "fact").await.unwrap();
    let appended = store.append(rows::messages(&store, room, 1, 1)).await.unwrap();
    assert_eq!((appended.revision, appended.positions), (2, vec![4]));
    let recovered = Instant::now();
    loop {
        let read = store.snapshot(|_, position| Ok(position)).await;
        if let Ok(position) = read {
            assert_eq!(position, 4);
            break;
        }
        assert!(recovered.elapsed() < Duration::from_secs(30), "{read:?}");
    }
    assert_eq!((facts(&store, "fact").await, facts(&store, "down").await), (1, 0));

    // In the middle of it all: what was acknowledged is there, and what was not is there at most once.
    let (writer, over) = (store.clone(), Arc::new(AtomicBool::new(false)));
    let is_over = over.clone();
    let writing = tokio::spawn(async move {
        let mut acknowledged = Vec::new();
        for i in 0.. {
            if is_over.load(Ordering::SeqCst) {
                break;
            }
            if add_fact(&writer, format!("run{i:07}")).await.is_ok() {
                acknowledged.push(i);
            }
        }
        acknowledged
    });
    while facts(&store, "run").await < 2 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    cluster.stop();
    cluster.resume();
    over.store(true, Ordering::SeqCst);
    let acknowledged = writing.await.unwrap();
    // Now the writer has noticed that PostgreSQL was away, and the readers look before they read.
    add_fact(&store, "after").await.unwrap();
    assert!(!acknowledged.is_empty());
    assert!(facts(&store, "run").await >= i64::try_from(acknowledged.len()).unwrap());
    for i in acknowledged {
        assert_eq!(facts(&store, &format!("run{i:07}")).await, 1);
    }
    store.close().await;
}

/// Somebody else had the database while we did not: what we remember of it is wrong.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_others_wrote_to_meanwhile_is_not_written_to() {
    let Some(database) = Database::postgres() else { return };
    let store = database.open();
    add_fact(&store, "before").await.unwrap();
    let Target::Postgres(url) = &database.target else { panic!() };
    let mut other = PgConnection::establish(url).unwrap();
    other.batch_execute("UPDATE clock SET position = position + 1").unwrap();
    other.batch_execute(KICK).unwrap();
    std::thread::sleep(Duration::from_millis(50));
    let refused = add_fact(&store, "after").await;
    assert!(matches!(&refused, Err(Error::Unavailable(text)) if text.contains("somebody else")), "{refused:?}");
    store.close().await;
}
