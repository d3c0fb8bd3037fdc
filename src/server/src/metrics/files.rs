//! Files of other servers.

use federation::Federation;
use prometheus::core::{Collector, Desc};
use prometheus::proto::MetricFamily;
use prometheus::{IntCounter, IntGauge};

/// What was fetched, read when asked for.
pub struct Files {
    federation: Federation,
    cached: IntGauge,
    files: IntCounter,
    failures: IntCounter,
}

impl Files {
    /// The metrics, not yet registered.
    ///
    /// # Errors
    /// A name that Prometheus does not allow.
    pub fn new(federation: Federation) -> Result<Self, prometheus::Error> {
        let name = |what: &str| format!("peerbrain_remote_media_{what}");
        Ok(Self {
            federation,
            cached: IntGauge::new(name("cached_bytes"), "Bytes that files of other servers take, about.")?,
            files: IntCounter::new(name("fetched_total"), "Files fetched from other servers.")?,
            failures: IntCounter::new(name("failures_total"), "Files that could not be fetched.")?,
        })
    }

    fn all(&self) -> [&dyn Collector; 3] {
        [&self.cached, &self.files, &self.failures]
    }

    fn read(&self) {
        let fetched = self.federation.fetched();
        self.cached.set(i64::try_from(fetched.cached_bytes).unwrap_or(i64::MAX));
        for (counter, count) in [(&self.files, fetched.files), (&self.failures, fetched.failures)] {
            counter.inc_by(count.saturating_sub(counter.get()));
        }
    }
}

impl Collector for Files {
    fn desc(&self) -> Vec<&Desc> {
        self.all().into_iter().flat_map(Collector::desc).collect()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        self.read();
        self.all().into_iter().flat_map(Collector::collect).collect()
    }
}
