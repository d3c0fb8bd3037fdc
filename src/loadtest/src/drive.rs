//! The closed loop: every worker starts its next operation when its last has ended.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use hdrhistogram::Histogram;

use crate::error::Result;
use crate::measure::{CpuTime, Watch};

/// Between a failed operation and the next, so that a server that refuses everything is not hammered.
const AFTER_ERROR: Duration = Duration::from_millis(50);

/// Longer than any operation, also than joining a large room on a slow server.
const LONGEST: Duration = Duration::from_secs(1800);

/// Someone who does one operation after the other.
pub trait Worker {
    /// Does one operation; `None` when nothing is left to do.
    async fn step(&mut self) -> Option<Result<()>>;
}

/// What was counted.
#[derive(Debug)]
pub struct Tally {
    /// How long each successful operation took, in microseconds.
    pub latency: Histogram<u64>,
    /// How many failed.
    pub errors: u64,
    /// What the first failure said.
    pub first_error: Option<String>,
}

impl Tally {
    /// Nothing yet.
    pub fn new() -> Result<Self> {
        // Three digits of each value are kept, up to what nothing outlasts.
        Ok(Self {
            latency: Histogram::new_with_bounds(1, LONGEST.as_micros() as u64, 3)?,
            errors: 0,
            first_error: None,
        })
    }

    /// Counts one success.
    pub fn success(&mut self, took: Duration) {
        self.successes(took, 1);
    }

    /// Counts several that took equally long, because they were one piece of work.
    pub fn successes(&mut self, took: Duration, count: u64) {
        self.latency.saturating_record_n(u64::try_from(took.as_micros()).unwrap_or(u64::MAX), count);
    }

    /// Counts one failure.
    pub fn failure(&mut self, error: impl ToString) {
        self.errors += 1;
        self.first_error.get_or_insert_with(|| error.to_string());
    }
}

/// What a row found.
#[derive(Debug)]
pub struct Outcome {
    /// Counts and latencies.
    pub tally: Tally,
    /// From the first start to the last end.
    pub elapsed: Duration,
    /// CPU time used meanwhile.
    pub cpu: CpuTime,
    /// What else there is to tell, by name.
    pub beside: BTreeMap<String, f64>,
}

/// Lets the workers run for a while, starts nothing new after that, and waits for what is under way.
pub async fn closed_loop<W: Worker>(watch: &Watch, workers: &mut [W], run_for: Duration) -> Result<Outcome> {
    let tally = RefCell::new(Tally::new()?);
    let cpu = watch.cpu()?;
    let start = Instant::now();
    join_all(workers.iter_mut().map(|worker| work(worker, start + run_for, &tally))).await;
    let elapsed = start.elapsed();
    Ok(Outcome { tally: tally.into_inner(), elapsed, cpu: watch.cpu()? - cpu, beside: BTreeMap::new() })
}

/// The same after a run that is not counted, in which connections open and caches fill.
pub async fn warm_closed_loop<W: Worker>(watch: &Watch, workers: &mut [W], run_for: Duration) -> Result<Outcome> {
    closed_loop(watch, workers, (run_for / 5).min(Duration::from_secs(1))).await?;
    closed_loop(watch, workers, run_for).await
}

async fn work<W: Worker>(worker: &mut W, end: Instant, tally: &RefCell<Tally>) {
    let mut now = Instant::now();
    while now < end {
        let Some(result) = worker.step().await else { return };
        let after = Instant::now();
        match result {
            Ok(()) => tally.borrow_mut().success(after - now),
            Err(error) => {
                tally.borrow_mut().failure(error);
                tokio::time::sleep(AFTER_ERROR).await;
            }
        }
        now = Instant::now();
    }
}
