//! What is sent to other servers.

use federation::sender::Sender;
use prometheus::core::{Collector, Desc};
use prometheus::proto::MetricFamily;
use prometheus::{IntCounter, IntGauge};

/// The counts of the sender, read when asked for.
pub struct Sending {
    sender: Sender,
    active: IntGauge,
    transactions: IntCounter,
    events: IntCounter,
    edus: IntCounter,
    failures: IntCounter,
}

impl Sending {
    /// The metrics, not yet registered.
    ///
    /// # Errors
    /// A name that Prometheus does not allow.
    pub fn new(sender: Sender) -> Result<Self, prometheus::Error> {
        let name = |what: &str| format!("peerbrain_federation_sent_{what}_total");
        Ok(Self {
            sender,
            active: IntGauge::new("peerbrain_federation_active_destinations", "Servers being sent something now.")?,
            transactions: IntCounter::new(name("transactions"), "Transactions that other servers took.")?,
            events: IntCounter::new(name("events"), "Events in them.")?,
            edus: IntCounter::new(name("edus"), "Everything else in them.")?,
            failures: IntCounter::new(name("failures"), "Transactions that other servers did not take.")?,
        })
    }

    fn all(&self) -> [&dyn Collector; 5] {
        [&self.active, &self.transactions, &self.events, &self.edus, &self.failures]
    }

    fn read(&self) {
        let counts = self.sender.counts();
        self.active.set(i64::try_from(counts.active).unwrap_or(i64::MAX));
        for (counter, count) in [
            (&self.transactions, counts.transactions),
            (&self.events, counts.events),
            (&self.edus, counts.edus),
            (&self.failures, counts.failures),
        ] {
            counter.inc_by(count.saturating_sub(counter.get()));
        }
    }
}

impl Collector for Sending {
    fn desc(&self) -> Vec<&Desc> {
        self.all().into_iter().flat_map(Collector::desc).collect()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        self.read();
        self.all().into_iter().flat_map(Collector::collect).collect()
    }
}
