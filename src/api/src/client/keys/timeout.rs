//! How long a client lets other servers think.

use std::time::Duration;

use serde::Deserialize;

/// `timeout` of a request for keys.
#[derive(Deserialize)]
#[serde(transparent)]
pub(super) struct Timeout(u64);

impl Default for Timeout {
    /// What the specification recommends.
    fn default() -> Self {
        Self(10_000)
    }
}

impl Timeout {
    pub fn time(&self) -> Duration {
        Duration::from_millis(self.0)
    }
}
