//! The handle that everybody holds.

use std::sync::{
    Arc,
    atomic::{AtomicI64, AtomicU64, Ordering},
};

use diesel::prelude::*;
use tokio::sync::{mpsc, oneshot, watch};

use crate::{
    Conn, Error, Observer, Result, Target, Tx,
    connection::Role,
    lock::{self, FileLock},
    meta, migrate,
    readers::ReaderPool,
    rooms::{Append, Appended},
    schema::clock,
    writer::{AppendJob, Job, Write, Writer, WriterStats},
};

/// How many writes may wait; more callers wait for room in the queue.
const QUEUE: usize = 4_096;

/// How to open a store.
pub struct Options {
    /// Where the database is.
    pub target: Target,
    /// The name this server has for ever; a database of another name is refused.
    pub server_name: String,
    /// Connections for quick reads.
    pub readers: u32,
    /// Connections for slow reads, which must not hold up the quick ones.
    pub slow_readers: u32,
    /// Told of each commit before its callers are.
    pub observers: Vec<Arc<dyn Observer>>,
}

/// The store. Cheap to clone; the writer stops when it is [closed](Store::close) or the last clone is gone.
#[derive(Clone)]
pub struct Store {
    jobs: mpsc::Sender<Job>,
    readers: ReaderPool,
    slow: ReaderPool,
    position: watch::Receiver<i64>,
    nids: Arc<AtomicI64>,
    stats: Arc<WriterStats>,
}

impl Store {
    /// Opens the database, brings it up to date and starts its writer. Blocks.
    ///
    /// # Errors
    /// [`Error::InUse`] where another process has it, [`Error::Refused`] where it is of a newer program or another
    /// server name.
    pub fn open(options: Options) -> Result<Self> {
        let Options { target, server_name, readers, slow_readers, observers } = options;
        let lock = FileLock::take(&target)?;
        let mut conn = Conn::open(&target, Role::Writer)?;
        lock::advisory(&mut conn)?;
        let migrated = migrate::run(&mut conn)?;
        if migrated.ran > 0 {
            tracing::info!(steps = migrated.ran, "the database was brought up to date");
        }
        meta::claim_server_name(&mut conn, &server_name)?;
        let position: i64 = clock::table.find(1).select(clock::position).get_result(&mut conn)?;
        let nids = Arc::new(AtomicI64::new(crate::rooms::highest_nid(&mut conn)? + 1));

        let (jobs, queue) = mpsc::channel(QUEUE);
        let (position_sender, position) = watch::channel(position);
        let stats = Arc::new(WriterStats::default());
        let outages = Arc::new(AtomicU64::new(0));
        let quick = ReaderPool::new(target.clone(), Role::QuickReader, readers, outages.clone());
        let slow = ReaderPool::new(target.clone(), Role::Reader, slow_readers, outages.clone());
        let writer = Writer {
            target,
            conn: Some(conn),
            queue,
            observers,
            stats: stats.clone(),
            outages,
            unconfirmed: None,
            _lock: lock,
            position: position_sender,
        };
        writer.spawn()?;
        Ok(Self { jobs, readers: quick, slow, position, nids, stats })
    }

    /// Runs `f` in a transaction that it may share with other writes; returns once that has been committed and synced.
    /// `f` runs again if a neighbour fails, so it may change nothing but the database. A refusal that is part of the
    /// business (a name is taken) is a value, not an error, so that it does not undo its neighbours.
    pub async fn write<T: Send + 'static>(
        &self,
        f: impl FnMut(&mut Tx<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (reply, outcome) = oneshot::channel();
        let job = Job::Write(Box::new(Write { run: f, value: None, reply }));
        self.jobs.send(job).await.map_err(|_| Error::Closed)?;
        outcome.await.map_err(|_| Error::Closed)?
    }

    /// Writes the finished rows of a room; returns once they have been committed and synced.
    ///
    /// # Errors
    /// [`Error::Stale`] where the room has moved on since the rows were built.
    pub async fn append(&self, append: Append) -> Result<Appended> {
        let (reply, outcome) = oneshot::channel();
        self.jobs.send(Job::Append(Box::new(AppendJob { append, reply }))).await.map_err(|_| Error::Closed)?;
        outcome.await.map_err(|_| Error::Closed)?
    }

    /// Runs quick queries on a blocking thread, each seeing the newest commit.
    pub async fn read<T: Send + 'static>(&self, f: impl FnOnce(&mut Conn) -> Result<T> + Send + 'static) -> Result<T> {
        self.readers.run(f).await
    }

    /// Runs queries that all see one moment, and are told its position.
    pub async fn snapshot<T: Send + 'static>(
        &self,
        f: impl FnOnce(&mut Conn, i64) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.readers.run(|conn| in_snapshot(conn, f)).await
    }

    /// The same on a connection of the small pool for slow reads.
    pub async fn slow_snapshot<T: Send + 'static>(
        &self,
        f: impl FnOnce(&mut Conn, i64) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.slow.run(|conn| in_snapshot(conn, f)).await
    }

    /// The newest committed position.
    pub fn position(&self) -> i64 {
        *self.position.borrow()
    }

    /// Takes a number for a row that is built before its transaction (events, rooms, state nodes). Never given twice.
    pub fn next_nid(&self) -> i64 {
        self.nids.fetch_add(1, Ordering::Relaxed)
    }

    /// Counts since the start: (transactions, writes, failed transactions, writes that wait now).
    pub fn writer_counts(&self) -> (u64, u64, u64, usize) {
        let get = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let waiting = self.jobs.max_capacity() - self.jobs.capacity();
        (get(&self.stats.transactions), get(&self.stats.jobs), get(&self.stats.failures), waiting)
    }

    /// Stops the writer when it has written what waits, and waits for that. Whoever writes later gets
    /// [`Error::Closed`].
    pub async fn close(&self) {
        // Where this fails, it has stopped already.
        let _ = self.jobs.send(Job::Stop).await;
        // The writer's last act is to let go of the other end.
        let mut position = self.position.clone();
        while position.changed().await.is_ok() {}
    }

    /// The same on the calling thread, which must be one that may block and not one of an asynchronous task.
    pub fn close_blocking(&self) {
        match tokio::runtime::Builder::new_current_thread().build() {
            Ok(runtime) => runtime.block_on(self.close()),
            Err(error) => tracing::error!(%error, "could not wait for the writer"),
        }
    }
}

fn in_snapshot<T>(conn: &mut Conn, f: impl FnOnce(&mut Conn, i64) -> Result<T>) -> Result<T> {
    conn.snapshot(|conn| {
        let position = clock::table.find(1).select(clock::position).get_result(conn)?;
        f(conn, position)
    })
}
