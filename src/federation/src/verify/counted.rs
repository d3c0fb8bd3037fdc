//! What the checks cost.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

/// What was checked since the start.
#[derive(Clone, Copy, Debug)]
pub struct Checks {
    /// Events.
    pub events: u64,
    /// The time that their signatures and hashes took, on all threads together.
    pub took: Duration,
}

#[derive(Default)]
pub(super) struct Counted {
    events: AtomicU64,
    nanoseconds: AtomicU64,
}

impl Counted {
    /// What was counted.
    pub fn checks(&self) -> Checks {
        let nanoseconds = self.nanoseconds.load(Ordering::Relaxed);
        Checks { events: self.events.load(Ordering::Relaxed), took: Duration::from_nanos(nanoseconds) }
    }

    /// Checks one event, and counts it.
    pub fn time<T>(&self, check: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let checked = check();
        let took = u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.nanoseconds.fetch_add(took, Ordering::Relaxed);
        self.events.fetch_add(1, Ordering::Relaxed);
        checked
    }
}
