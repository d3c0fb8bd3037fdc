//! What the operator asks about sending to other servers.

use federation::sender::{self, Destination};
use peerbrain_core::{Clock as _, SystemClock};
use ruma::ServerName;

use super::{ListedDestination, Operator, Reply};

impl Operator {
    /// Lists servers by name.
    pub(super) async fn list_destinations(&self, after: Option<&str>) -> Result<Reply, String> {
        let found = sender::destinations(&self.store, after.unwrap_or_default()).await;
        let now = SystemClock.now_ms();
        let listed = |found: Destination| ListedDestination {
            server: found.server,
            failing_for: found.failing_since.map(|since| now.saturating_sub(since)),
            retry_in: found.retry_at.map(|at| at.saturating_sub(now)),
            error: found.error,
            events: found.events,
            edus: found.edus,
        };
        Ok(Reply::Destinations(found.map_err(|error| error.to_string())?.into_iter().map(listed).collect()))
    }

    /// Lets failing servers be tried now: by the server that runs, or as soon as one does.
    pub(super) async fn retry_destinations(&self, server: Option<&str>) -> Result<Reply, String> {
        let server = server.map(ServerName::parse).transpose().map_err(|error| error.to_string())?;
        let count = sender::retry(&self.store, server.as_deref(), SystemClock.now_ms()).await;
        let count = count.map_err(|error| error.to_string())?;
        if let Some(sender) = &self.sender {
            sender.look();
        }
        Ok(Reply::Done(count.to_string()))
    }
}
