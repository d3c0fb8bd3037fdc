//! The store's writer: what waits for it and what it has done.

use prometheus::core::{Collector, Desc};
use prometheus::proto::MetricFamily;
use prometheus::{IntCounter, IntGauge};
use store::Store;

/// The counts of the writer, read when asked for.
pub struct Writer {
    store: Store,
    transactions: IntCounter,
    writes: IntCounter,
    failures: IntCounter,
    waiting: IntGauge,
    position: IntGauge,
}

impl Writer {
    /// The metrics, not yet registered.
    ///
    /// # Errors
    /// A name that Prometheus does not allow.
    pub fn new(store: Store) -> Result<Self, prometheus::Error> {
        Ok(Self {
            store,
            transactions: IntCounter::new("peerbrain_store_transactions_total", "Transactions committed.")?,
            writes: IntCounter::new("peerbrain_store_writes_total", "Writes that were part of a transaction.")?,
            failures: IntCounter::new("peerbrain_store_failed_transactions_total", "Transactions rolled back.")?,
            waiting: IntGauge::new("peerbrain_store_writes_waiting", "Writes that wait for the writer.")?,
            position: IntGauge::new("peerbrain_store_position", "The newest position of the one order.")?,
        })
    }

    fn all(&self) -> [&dyn Collector; 5] {
        [&self.transactions, &self.writes, &self.failures, &self.waiting, &self.position]
    }

    fn read(&self) {
        let (transactions, writes, failures, waiting) = self.store.writer_counts();
        for (counter, count) in [(&self.transactions, transactions), (&self.writes, writes), (&self.failures, failures)]
        {
            counter.inc_by(count.saturating_sub(counter.get()));
        }
        self.waiting.set(i64::try_from(waiting).unwrap_or(i64::MAX));
        self.position.set(self.store.position());
    }
}

impl Collector for Writer {
    fn desc(&self) -> Vec<&Desc> {
        self.all().into_iter().flat_map(Collector::desc).collect()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        self.read();
        self.all().into_iter().flat_map(Collector::collect).collect()
    }
}
