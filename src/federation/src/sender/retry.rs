//! Servers that do not take what they are sent: a row each, and the time of the next attempt.

use std::time::Duration;

use peerbrain_core::random;
use ruma::{OwnedServerName, ServerName};
use store::federation::destinations::{self, DestinationRow};

use super::{Sender, parcel::Parcel, run::Course};
use crate::{Error, Result};

/// The longest time until is looked whether somebody is due.
const LOOK: Duration = Duration::from_secs(60);
/// Characters of an error that are kept for the operator.
const ERROR_CHARS: usize = 300;

impl Sender {
    /// Tries failing servers when their time has come, for ever. What is due is asked of the database, one by one, so
    /// that thousands of them cost nothing but their attempts.
    pub(super) async fn retry_failing(&self) {
        while !self.is_closed() {
            let Ok(slot) = self.inner.retry_slots.clone().acquire_owned().await else { return };
            match self.next_failing().await {
                Ok((Some(server), _)) => {
                    self.inner.options.runtime.spawn(self.clone().run(server, Some(slot)));
                }
                Ok((None, next)) => {
                    drop(slot);
                    let wait = next.map_or(LOOK, |next| LOOK.min(self.until(next)));
                    let _ = tokio::time::timeout(wait, self.inner.retry.notified()).await;
                }
                Err(error) => {
                    tracing::warn!(%error, "which servers are to be tried again could not be read");
                    tokio::time::sleep(self.inner.options.pace.after_error).await;
                }
            }
        }
    }

    /// A server whose time has come, and when the next one's comes.
    async fn next_failing(&self) -> Result<(Option<OwnedServerName>, Option<i64>)> {
        let now = self.inner.options.clock.now_ms();
        // Those that are being tried are still due.
        let most = i64::try_from(self.inner.table.retrying()).unwrap_or(i64::MAX).saturating_add(1);
        let found = self
            .inner
            .options
            .store
            .read(move |conn| Ok((destinations::to_retry(conn, now, most)?, destinations::next_retry(conn, now)?)));
        let (due, next) = found.await?;
        let due = due.into_iter().filter_map(|name| ServerName::parse(name).ok());
        let server = due.into_iter().find(|server| self.inner.table.begin_retry(server));
        Ok((server, next))
    }

    fn until(&self, time: i64) -> Duration {
        let left = time.saturating_sub(self.inner.options.clock.now_ms()).max(1);
        Duration::from_millis(u64::try_from(left).unwrap_or(1))
    }

    /// Writes down that a server did not take a parcel, and when it is tried again.
    pub(super) async fn fails(&self, course: &Course, parcel: &Parcel, error: &Error) -> Result<()> {
        let now = self.inner.options.clock.now_ms();
        let (events, outbox) = self.inner.table.progress(&course.server);
        let mut row = course.row();
        let first = row.failing_since.is_none();
        row.sent_upto = events.max(row.sent_upto);
        row.failing_since.get_or_insert(now);
        row.pause = self.next_pause(row.pause);
        row.retry_at = Some(now.saturating_add(self.about(row.pause)));
        row.error = Some(error.to_string().replace('\0', "").chars().take(ERROR_CHARS).collect());
        (row.txn_events, row.txn_outbox) = parcel.ends(events);
        if first {
            tracing::info!(server = %row.server, %error, "a server does not take what it is sent; it is tried again");
        }
        self.inner.options.store.write(move |tx| destinations::set(tx, &row, outbox)).await?;
        Ok(())
    }

    /// Writes down that a server has everything.
    pub(super) async fn recovers(&self, row: DestinationRow, parcel: &Parcel) -> Result<()> {
        let outbox = parcel.outbox;
        let row = DestinationRow {
            sent_upto: parcel.events.max(row.sent_upto),
            failing_since: None,
            retry_at: None,
            pause: 0,
            error: None,
            txn_events: 0,
            txn_outbox: 0,
            ..row
        };
        self.inner.options.store.write(move |tx| destinations::set(tx, &row, outbox)).await?;
        Ok(())
    }

    /// Lets a failing server be tried at once, if the last attempt is not too recent.
    pub(super) async fn bring_forward(&self, server: &ServerName, rest: i64) {
        let (now, name) = (self.inner.options.clock.now_ms(), server.to_string());
        let outcome = async {
            let store = &self.inner.options.store;
            let known = name.clone();
            let row = store.read(move |conn| destinations::get(conn, &known)).await?;
            let Some((row, at)) = row.and_then(|row| row.retry_at.map(|at| (row, at))) else { return Ok(false) };
            if at <= now || now.saturating_sub(at.saturating_sub(row.pause)) < rest {
                return Ok(false);
            }
            store.write(move |tx| destinations::retry_now(tx, &name, now)).await
        };
        match outcome.await {
            Ok(true) => self.inner.retry.notify_one(),
            Ok(false) => {}
            Err(error) => tracing::warn!(%server, %error, "a sign of life could not be noted"),
        }
    }

    /// Twice the last pause, within bounds, in milliseconds.
    fn next_pause(&self, last: i64) -> i64 {
        let millis = |time: Duration| i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
        let pace = &self.inner.options.pace;
        last.saturating_mul(2).clamp(millis(pace.first_pause), millis(pace.longest_pause))
    }

    /// Up to a third less, so that those who failed together do not come back together, and nobody later than is promised.
    fn about(&self, pause: i64) -> i64 {
        let [byte] = random::bytes::<1>(&*self.inner.options.random);
        pause.saturating_mul(667 + i64::from(byte) * 333 / 255) / 1_000
    }
}
