//! The writer's loop.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use tokio::sync::{mpsc, watch};

use crate::{
    Conn, Error, Observer, Result, Target,
    connection::Role,
    lock::{self, FileLock},
    log,
    writer::{Job, batch, batch::Outcome},
};

/// How many jobs one transaction takes at most.
const MAX_BATCH: usize = 256;

/// How many positions of the log are kept for followers that are only in memory.
const LOG_KEPT: i64 = 100_000;

/// Counts for the metrics.
#[derive(Debug, Default)]
pub(crate) struct WriterStats {
    pub transactions: AtomicU64,
    pub jobs: AtomicU64,
    pub failures: AtomicU64,
}

/// The writer, before it runs.
pub(crate) struct Writer {
    pub target: Target,
    pub conn: Conn,
    pub queue: mpsc::Receiver<Job>,
    pub position: watch::Sender<i64>,
    pub observers: Vec<Arc<dyn Observer>>,
    pub stats: Arc<WriterStats>,
    /// Held as long as the thread runs.
    pub _lock: FileLock,
}

impl Writer {
    /// Runs until every handle of the store is gone and the queue is empty.
    pub(crate) fn spawn(self) -> Result<thread::JoinHandle<()>> {
        Ok(thread::Builder::new().name("writer".into()).spawn(move || self.run())?)
    }

    fn run(mut self) {
        let mut pruned = *self.position.borrow();
        while let Some(first) = self.queue.blocking_recv() {
            let mut jobs = Vec::new();
            let mut next = Some(first);
            let mut stop = false;
            while let Some(job) = next {
                stop = matches!(job, Job::Stop);
                if stop {
                    break;
                }
                jobs.push(job);
                next = if jobs.len() < MAX_BATCH { self.queue.try_recv().ok() } else { None };
            }
            if !jobs.is_empty() {
                self.write(jobs);
            }
            if stop {
                return;
            }
            let newest = *self.position.borrow();
            if newest - pruned > LOG_KEPT / 10 {
                pruned = newest;
                if let Err(error) = log::prune(&mut self.conn, newest, LOG_KEPT) {
                    tracing::warn!(%error, "could not prune the log");
                }
            }
        }
    }

    /// Writes all jobs together; if that fails each alone, so that only the culprit fails.
    fn write(&mut self, mut jobs: Vec<Job>) {
        self.stats.jobs.fetch_add(jobs.len() as u64, Ordering::Relaxed);
        match self.attempt(&mut jobs) {
            Ok(outcomes) => finish(jobs, outcomes),
            Err(error) if jobs.len() == 1 => fail(jobs, error),
            Err(error) => {
                tracing::debug!(%error, jobs = jobs.len(), "a shared transaction failed; trying each write alone");
                for job in jobs {
                    let mut alone = vec![job];
                    match self.attempt(&mut alone) {
                        Ok(outcomes) => finish(alone, outcomes),
                        Err(error) => fail(alone, error),
                    }
                }
            }
        }
    }

    fn attempt(&mut self, jobs: &mut [Job]) -> Result<Vec<Outcome>> {
        match batch::run(&mut self.conn, jobs) {
            Ok((outcomes, committed)) => {
                self.stats.transactions.fetch_add(1, Ordering::Relaxed);
                for observer in &self.observers {
                    observer.committed(&committed);
                }
                self.position.send_replace(committed.position);
                Ok(outcomes)
            }
            Err(error) => {
                self.stats.failures.fetch_add(1, Ordering::Relaxed);
                if error.is_disconnect() {
                    self.reconnect();
                }
                Err(error)
            }
        }
    }

    /// Takes a new connection, and with it the lock, after the database went away. The write that noticed fails; the
    /// next one tries again if this did not succeed.
    fn reconnect(&mut self) {
        tracing::error!("the database connection of the writer is gone; connecting again");
        for wait in [0, 100, 500, 1_000] {
            thread::sleep(Duration::from_millis(wait));
            let fresh = Conn::open(&self.target, Role::Writer).and_then(|mut conn| {
                lock::advisory(&mut conn)?;
                Ok(conn)
            });
            match fresh {
                Ok(conn) => {
                    self.conn = conn;
                    tracing::info!("the writer is connected again");
                    return;
                }
                Err(error) => tracing::warn!(%error, "cannot connect the writer"),
            }
        }
    }
}

fn finish(jobs: Vec<Job>, outcomes: Vec<Outcome>) {
    for (job, outcome) in jobs.into_iter().zip(outcomes) {
        match (job, outcome) {
            (Job::Write(job), _) => job.finish(Ok(())),
            // A caller that has gone away no longer wants the answer.
            (Job::Append(job), Outcome::Appended(result)) => drop(job.reply.send(result)),
            (Job::Append(job), Outcome::Written) => drop(job.reply.send(Err(Error::Closed))),
            (Job::Stop, _) => {}
        }
    }
}

/// Tells the one caller whose job failed alone.
fn fail(jobs: Vec<Job>, error: Error) {
    for job in jobs.into_iter().take(1) {
        match job {
            Job::Write(job) => return job.finish(Err(error)),
            Job::Append(job) => return drop(job.reply.send(Err(error))),
            Job::Stop => {}
        }
    }
}
