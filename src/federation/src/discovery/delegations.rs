//! What the `.well-known` files of names said, kept for as long as the specification wants it.

use std::{convert::Infallible, sync::Arc, time::Duration};

use quick_cache::sync::Cache;
use ruma::{OwnedServerName, ServerName};
use tokio::sync::Mutex;

use super::well_known::WellKnown;
use crate::client::Unopened;

/// Names that are remembered.
const NAMES: usize = 10_000;
/// How long a first failure is remembered; each further one twice as long.
const FIRST_FAILURE: Duration = Duration::from_secs(60);
/// How long a failure is remembered at most.
const LONGEST_FAILURE: Duration = Duration::from_secs(3_600);
/// How long a file that was good is used at most, also where it cannot be fetched again.
const STALE: Duration = Duration::from_secs(48 * 3_600);

/// By name what is known of it. Who asks for the same name at the same time asks once.
pub(super) struct Delegations {
    slots: Cache<OwnedServerName, Arc<Mutex<Known>>>,
}

#[derive(Default)]
struct Known {
    server: Option<OwnedServerName>,
    fetched: i64,
    until: i64,
    failures: u32,
}

impl Delegations {
    pub fn new() -> Self {
        Self { slots: Cache::new(NAMES) }
    }

    /// The server that a name hands over to, from memory or through `fetch`; `now` in milliseconds. None where there is
    /// no such file.
    pub async fn get(
        &self,
        name: &ServerName,
        now: i64,
        fetch: impl Future<Output = Result<WellKnown, Unopened>> + Send,
    ) -> Option<OwnedServerName> {
        let slot = self.slots.get_or_insert_with(name, || Ok::<_, Infallible>(Arc::default()));
        let slot = slot.unwrap_or_else(|never| match never {});
        let mut known = slot.lock().await;
        if now >= known.until {
            match fetch.await {
                Ok(file) => known.found(file, now),
                Err(reason) => {
                    tracing::debug!(server = %name, %reason, "no .well-known file");
                    known.failed(now);
                }
            }
        }
        known.server.clone()
    }
}

impl Known {
    fn found(&mut self, file: WellKnown, now: i64) {
        *self = Self { server: Some(file.server), fetched: now, until: now + milliseconds(file.lifetime), failures: 0 };
    }

    fn failed(&mut self, now: i64) {
        let wait = FIRST_FAILURE.saturating_mul(1 << self.failures.min(10)).min(LONGEST_FAILURE);
        self.failures = self.failures.saturating_add(1);
        self.until = now + milliseconds(wait);
        if now >= self.fetched + milliseconds(STALE) {
            self.server = None;
        }
    }
}

fn milliseconds(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}
