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
    /// Requests of other servers.
    pub requests: u64,
    /// The time that signatures and hashes of both took, on all threads together.
    pub took: Duration,
}

#[derive(Default)]
pub(super) struct Counted {
    events: AtomicU64,
    requests: AtomicU64,
    nanoseconds: AtomicU64,
}

impl Counted {
    /// What was counted.
    pub fn checks(&self) -> Checks {
        let get = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let Self { events, requests, nanoseconds } = self;
        Checks { events: get(events), requests: get(requests), took: Duration::from_nanos(get(nanoseconds)) }
    }

    /// Checks an event, and counts it.
    pub fn event<T>(&self, check: impl FnOnce() -> T) -> T {
        self.time(&self.events, check)
    }

    /// Checks a request, and counts it.
    pub fn request<T>(&self, check: impl FnOnce() -> T) -> T {
        self.time(&self.requests, check)
    }

    fn time<T>(&self, count: &AtomicU64, check: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let checked = check();
        let took = u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.nanoseconds.fetch_add(took, Ordering::Relaxed);
        count.fetch_add(1, Ordering::Relaxed);
        checked
    }
}
