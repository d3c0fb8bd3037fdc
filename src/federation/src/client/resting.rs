//! Servers that could not be reached a moment ago: asking them again would keep whoever waits waiting for nothing.

use std::{sync::Arc, time::Duration};

use peerbrain_core::Clock;
use quick_cache::sync::Cache;
use ruma::{OwnedServerName, ServerName};

/// Servers that are remembered.
const SERVERS: usize = 10_000;
/// How long a server is left alone after it could not be reached once; after each further time twice as long.
const FIRST: Duration = Duration::from_secs(2);
/// How long at most. It is short, because a user may be waiting for the server to come back.
const LONGEST: Duration = Duration::from_secs(60);
/// Characters of the reason that are remembered.
const REASON: usize = 200;

/// Who could not be reached, and why.
pub(super) struct Resting {
    clock: Arc<dyn Clock>,
    servers: Cache<OwnedServerName, Rest>,
}

#[derive(Clone)]
struct Rest {
    until: i64,
    failures: u32,
    reason: Arc<str>,
}

impl Resting {
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, servers: Cache::new(SERVERS) }
    }

    /// Why this server is not to be asked now.
    pub fn reason(&self, server: &ServerName) -> Option<Arc<str>> {
        let rest = self.servers.get(server)?;
        (self.clock.now_ms() < rest.until).then_some(rest.reason)
    }

    /// Notes that a server could not be reached.
    pub fn failed(&self, server: &ServerName, reason: &str) {
        let failures = self.servers.get(server).map_or(0, |rest| rest.failures.saturating_add(1));
        let wait = FIRST.saturating_mul(1 << failures.min(10)).min(LONGEST);
        let until = self.clock.now_ms().saturating_add(i64::try_from(wait.as_millis()).unwrap_or(i64::MAX));
        let reason = reason.chars().take(REASON).collect::<String>().into();
        self.servers.insert(server.to_owned(), Rest { until, failures, reason });
    }

    /// Forgets all that, and says whether there was anything.
    pub fn alive(&self, server: &ServerName) -> bool {
        self.servers.remove(server).is_some()
    }
}

#[cfg(test)]
mod tests {
    use peerbrain_core::ManualClock;
    use ruma::server_name;

    use super::*;

    #[test]
    fn rests_double_and_end_with_a_sign_of_life() {
        let clock = ManualClock::at(1_000_000);
        let resting = Resting::new(Arc::new(clock.clone()));
        let server = server_name!("remote.example");
        assert_eq!(resting.reason(server), None);
        for wait in [2, 4, 8, 16, 32, 60, 60] {
            resting.failed(server, "refused");
            clock.advance(Duration::from_secs(wait) - Duration::from_millis(1));
            assert_eq!(resting.reason(server).as_deref(), Some("refused"), "{wait}");
            clock.advance(Duration::from_millis(1));
            assert_eq!(resting.reason(server), None, "{wait}");
        }
        resting.failed(server, "refused");
        assert!(resting.alive(server) && !resting.alive(server));
        assert_eq!(resting.reason(server), None);
        resting.failed(server, "refused");
        clock.advance(FIRST);
        assert_eq!(resting.reason(server), None, "it begins from the start");
    }
}
