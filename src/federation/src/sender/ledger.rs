//! Writes down what servers have taken: all together, a moment after.

use store::federation::{destinations, outgoing, prune};

use super::Sender;

/// How often is looked whether something can be forgotten.
const FORGET: std::time::Duration = std::time::Duration::from_secs(600);
/// Events that are kept for servers that are away; of each room the newest one stays, whatever its age. Whoever was away
/// for longer gets that, and asks us for what is between.
const KEPT_EVENTS: i64 = 50_000;
/// What is kept in the outbox of one server.
const KEPT_EDUS: i64 = 10_000;

impl Sender {
    /// Writes it down for ever.
    pub(super) async fn write_down(&self) {
        loop {
            self.inner.unwritten.notified().await;
            tokio::time::sleep(self.inner.options.pace.write).await;
            self.flush().await;
        }
    }

    /// Writes down what was taken until now.
    pub(super) async fn flush(&self) {
        let Some(unwritten) = self.inner.table.unwritten() else { return };
        let (taken, sent_upto) = (unwritten.taken.clone(), unwritten.sent_upto);
        let written = self.inner.options.store.write(move |tx| {
            destinations::taken(tx, &taken)?;
            outgoing::set_sent_upto(tx, sent_upto)
        });
        match written.await {
            Ok(()) => self.inner.table.written(&unwritten),
            Err(error) => {
                tracing::warn!(%error, "what other servers have taken could not be written; it is tried again");
                tokio::time::sleep(self.inner.options.pace.after_error).await;
                self.inner.unwritten.notify_one();
            }
        }
    }

    /// Forgets what was sent to everybody, now and then.
    pub(super) async fn forget_sent(&self) {
        loop {
            let outcome = self.inner.options.store.write(|tx| prune(tx, KEPT_EVENTS, KEPT_EDUS)).await;
            match outcome {
                Ok(true) => continue,
                Ok(false) => {}
                Err(error) => tracing::warn!(%error, "what was sent could not be forgotten; it is tried again later"),
            }
            tokio::time::sleep(FORGET).await;
        }
    }
}
