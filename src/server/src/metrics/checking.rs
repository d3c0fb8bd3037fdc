//! What the signatures of other servers cost: those of events and those of requests.

use federation::Verifier;
use prometheus::core::{Collector, Desc};
use prometheus::proto::MetricFamily;
use prometheus::{Counter, IntCounter};

/// The counts of the checks, read when asked for.
pub struct Checking {
    verifier: Verifier,
    events: IntCounter,
    requests: IntCounter,
    seconds: Counter,
}

impl Checking {
    /// The metrics, not yet registered.
    ///
    /// # Errors
    /// A name that Prometheus does not allow.
    pub fn new(verifier: Verifier) -> Result<Self, prometheus::Error> {
        let name = |what: &str| format!("peerbrain_federation_checked_{what}_total");
        Ok(Self {
            verifier,
            events: IntCounter::new(name("events"), "Events whose signatures and hashes were checked.")?,
            requests: IntCounter::new(name("requests"), "Requests of other servers whose signatures were checked.")?,
            seconds: Counter::new(name("seconds"), "The time that both took, on all threads together.")?,
        })
    }

    fn all(&self) -> [&dyn Collector; 3] {
        [&self.events, &self.requests, &self.seconds]
    }

    fn read(&self) {
        let checks = self.verifier.checks();
        self.events.inc_by(checks.events.saturating_sub(self.events.get()));
        self.requests.inc_by(checks.requests.saturating_sub(self.requests.get()));
        self.seconds.inc_by((checks.took.as_secs_f64() - self.seconds.get()).max(0.0));
    }
}

impl Collector for Checking {
    fn desc(&self) -> Vec<&Desc> {
        self.all().into_iter().flat_map(Collector::desc).collect()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        self.read();
        self.all().into_iter().flat_map(Collector::collect).collect()
    }
}
