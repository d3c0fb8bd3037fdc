//! The store as a whole, on both databases.

mod append;
mod full_disk;
mod group_commit;
mod log_pruning;
mod observers;
mod opening;
mod opening_with_tls;
pub(crate) mod plan;
mod plans;
mod postgres_gone;
mod proxy;
mod readers;
pub(crate) mod rows;
mod small_disk;
mod unconfirmed;

use std::time::Duration;

use diesel::prelude::*;

use crate::{Result, Store, schema::meta};

/// How many facts of a name that begins so are stored.
async fn facts(store: &Store, prefix: &str) -> i64 {
    let pattern = format!("{prefix}%");
    store.read(move |c| Ok(meta::table.filter(meta::name.like(pattern)).count().get_result(c)?)).await.unwrap()
}

/// Writes a fact of this name; a second one of the same name is a conflict.
async fn add_fact(store: &Store, name: impl Into<String>) -> Result<()> {
    let name = name.into();
    let row = move |c: &mut crate::Conn| {
        diesel::insert_into(meta::table).values((meta::name.eq(&name), meta::value.eq(""))).execute(c)
    };
    store.write(move |tx| row(tx.conn()).map(drop).map_err(Into::into)).await
}

/// Holds the writer up until the sender goes, so that what is written meanwhile waits together.
pub(crate) async fn hold(store: &Store) -> std::sync::mpsc::Sender<()> {
    let (release, held) = std::sync::mpsc::channel::<()>();
    let (started, running) = tokio::sync::oneshot::channel();
    let mut started = Some(started);
    let held_store = store.clone();
    tokio::spawn(async move {
        let _ = held_store
            .write(move |_| {
                started.take().map(|started| started.send(()));
                let _ = held.recv();
                Ok(())
            })
            .await;
    });
    running.await.unwrap();
    release
}

pub(crate) async fn wait_for_queue(store: &Store, count: usize) {
    while store.writer_counts().3 < count {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
