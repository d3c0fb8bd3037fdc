//! The writer's loop.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
};

use tokio::sync::{mpsc, watch};

use crate::{
    Committed, Conn, Error, Observer, Result, Target,
    lock::FileLock,
    writer::{
        Job,
        batch::{self, Done, Failure, Outcome},
        pruning::{self, Pruning},
        wal::Wal,
    },
};

/// How many jobs one transaction takes at most.
const MAX_BATCH: usize = 256;

/// Counts for the metrics.
#[derive(Debug, Default)]
pub(crate) struct WriterStats {
    pub transactions: AtomicU64,
    pub jobs: AtomicU64,
    pub failures: AtomicU64,
}

/// The writer. When it has stopped, its last act is to let go of `position`.
pub(crate) struct Writer {
    pub target: Target,
    /// None while the database cannot be reached.
    pub conn: Option<Conn>,
    pub queue: mpsc::Receiver<Job>,
    pub observers: Vec<Arc<dyn Observer>>,
    pub stats: Arc<WriterStats>,
    /// Counts the connections that broke, the readers' too.
    pub outages: Arc<AtomicU64>,
    /// A transaction of which nobody knows yet whether it was committed.
    pub unconfirmed: Option<Box<Done>>,
    /// Held as long as the thread runs.
    pub _lock: FileLock,
    pub position: watch::Sender<i64>,
}

impl Writer {
    /// Runs until every handle of the store is gone and the queue is empty.
    pub(crate) fn spawn(self) -> Result<()> {
        thread::Builder::new().name("writer".into()).spawn(move || self.run())?;
        Ok(())
    }

    fn run(mut self) {
        #[cfg(feature = "sabotage")]
        self.conn.iter_mut().for_each(super::sabotage::stop_syncing);
        let mut pruning = Pruning::new(*self.position.borrow(), pruning::KEPT);
        let mut wal = Wal::new(&self.target);
        while let Some(first) = self.queue.blocking_recv() {
            let (jobs, stop) = self.collect(first);
            if !jobs.is_empty() {
                self.write(jobs);
                #[cfg(feature = "sabotage")]
                self.conn.iter_mut().for_each(super::sabotage::commit_late);
            }
            if stop {
                return;
            }
            let newest = *self.position.borrow();
            let Some(conn) = &mut self.conn else { continue };
            wal.watch(conn);
            if let Err(error) = pruning.tend(conn, newest) {
                tracing::warn!(%error, "could not prune the log");
            }
        }
    }

    /// Takes what waits, as much as fits into one transaction; and whether it is time to stop after that.
    fn collect(&mut self, first: Job) -> (Vec<Job>, bool) {
        let mut jobs = Vec::new();
        let mut next = Some(first);
        while let Some(job) = next {
            if matches!(job, Job::Stop) {
                return (jobs, true);
            }
            jobs.push(job);
            next = if jobs.len() < MAX_BATCH { self.queue.try_recv().ok() } else { None };
        }
        (jobs, false)
    }

    /// Writes all jobs together; if that fails each alone, so that only the culprit fails.
    fn write(&mut self, mut jobs: Vec<Job>) {
        self.stats.jobs.fetch_add(jobs.len() as u64, Ordering::Relaxed);
        match self.attempt_twice(&mut jobs) {
            Ok(outcomes) => finish(jobs, outcomes),
            Err(Failure::RolledBack(error) | Failure::Lost(error)) if jobs.len() > 1 => {
                tracing::debug!(%error, jobs = jobs.len(), "a shared transaction failed; trying each write alone");
                for job in jobs {
                    let mut alone = vec![job];
                    match self.attempt_twice(&mut alone) {
                        Ok(outcomes) => finish(alone, outcomes),
                        Err(failure) => fail(alone, failure),
                    }
                }
            }
            Err(failure) => fail(jobs, failure),
        }
    }

    /// Tries again, once, where the connection went away.
    fn attempt_twice(&mut self, jobs: &mut [Job]) -> Result<Vec<Outcome>, Failure> {
        match self.attempt(jobs) {
            Err(Failure::Lost(error)) => {
                tracing::warn!(%error, "the writer lost its connection to the database; trying again");
                self.attempt(jobs)
            }
            other => other,
        }
    }

    fn attempt(&mut self, jobs: &mut [Job]) -> Result<Vec<Outcome>, Failure> {
        // It only comes back if it is as good as before.
        let mut conn = match self.conn.take() {
            Some(conn) => conn,
            None => self.connect()?.0,
        };
        let ran = catch_unwind(AssertUnwindSafe(|| batch::run(&mut conn, jobs)));
        let failure = match ran {
            Ok(Ok(done)) => {
                self.conn = Some(conn);
                self.announce(&done.committed);
                return Ok(done.outcomes);
            }
            Ok(Err(failure)) => failure,
            Err(_) => {
                drop(conn);
                self.stats.failures.fetch_add(1, Ordering::Relaxed);
                return Err(Failure::RolledBack(Error::Panicked));
            }
        };
        self.stats.failures.fetch_add(1, Ordering::Relaxed);
        match failure {
            Failure::RolledBack(_) | Failure::NotBegun(_) => {
                self.conn = Some(conn);
                Err(failure)
            }
            Failure::Lost(_) | Failure::Unknown => Err(failure),
            Failure::Unconfirmed(done) => {
                drop(conn);
                self.confirm(done)
            }
        }
    }

    /// Finds out what became of a transaction during whose commit the connection went away.
    fn confirm(&mut self, done: Box<Done>) -> Result<Vec<Outcome>, Failure> {
        tracing::warn!("the writer lost its connection to the database during a commit");
        self.unconfirmed = Some(done);
        match self.connect() {
            Ok((conn, confirmed)) => {
                self.conn = Some(conn);
                match confirmed {
                    Some(done) => Ok(done.outcomes),
                    None => Err(Failure::Lost(Error::Unconfirmed)),
                }
            }
            Err(_) => Err(Failure::Unknown),
        }
    }

    pub(crate) fn announce(&self, committed: &Committed) {
        self.stats.transactions.fetch_add(1, Ordering::Relaxed);
        for observer in &self.observers {
            if catch_unwind(AssertUnwindSafe(|| observer.committed(committed))).is_err() {
                tracing::error!(position = committed.position, "an observer panicked");
            }
        }
        self.position.send_replace(committed.position);
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

/// Tells the callers why nothing was written.
fn fail(jobs: Vec<Job>, failure: Failure) {
    let mut first = None;
    let again: Box<dyn Fn() -> Error> = match failure {
        // These are of one job alone.
        Failure::RolledBack(error) | Failure::Lost(error) => {
            first = Some(error);
            Box::new(|| Error::Closed)
        }
        Failure::NotBegun(text) => Box::new(move || Error::Unavailable(text.clone())),
        Failure::Unconfirmed(_) | Failure::Unknown => Box::new(|| Error::Unconfirmed),
    };
    for job in jobs {
        let error = first.take().unwrap_or_else(&again);
        match job {
            Job::Write(job) => job.finish(Err(error)),
            Job::Append(job) => drop(job.reply.send(Err(error))),
            Job::Stop => {}
        }
    }
}
