//! Follows what goes out, and starts the tasks of those for whom it is.

use std::collections::HashSet;

use peerbrain_core::config::FederationMode;
use ruma::{OwnedServerName, ServerName};
use store::federation::{outbox, outgoing};

use super::Sender;
use crate::Result;

impl Sender {
    /// Follows the commits for ever. Where this server has to do with nobody, what goes out waits until it has.
    pub(super) async fn follow(&self) {
        if self.inner.options.settings.mode == FederationMode::Off {
            return;
        }
        let mut begun = false;
        while !self.is_closed() {
            let outcome = if begun { self.dispatch(self.inner.table.dispatched()).await } else { self.begin().await };
            match outcome {
                Ok(()) => {
                    begun = true;
                    self.inner.options.wakes.next().await;
                }
                Err(error) => {
                    tracing::warn!(%error, "what goes out to other servers could not be read; it is tried again");
                    tokio::time::sleep(self.inner.options.pace.after_error).await;
                }
            }
        }
    }

    /// Goes on where the server stopped. What is left in outboxes may be older than that.
    async fn begin(&self) -> Result<()> {
        let sent = self.inner.options.store.read(outgoing::sent_upto).await?;
        self.inner.table.begin(sent.unwrap_or(0));
        self.dispatch(0).await
    }

    /// Wakes everybody for whom there is something new.
    ///
    /// * `boxed_after`: what was put into outboxes before is known.
    async fn dispatch(&self, boxed_after: i64) -> Result<()> {
        let after = self.inner.table.dispatched();
        let found = self.inner.options.store.snapshot(move |conn, end| {
            let mut names: HashSet<String> = outgoing::servers(conn, after, end)?.into_iter().collect();
            names.extend(outbox::servers(conn, boxed_after, end)?);
            Ok((end, names))
        });
        let (end, names) = found.await?;
        let servers = names.into_iter().filter_map(|name| ServerName::parse(name).ok());
        let servers: Vec<OwnedServerName> =
            servers.filter(|server| self.inner.options.settings.allows(server)).collect();
        for server in self.inner.table.note(end, servers) {
            self.inner.options.runtime.spawn(self.clone().run(server, None));
        }
        self.inner.unwritten.notify_one();
        Ok(())
    }
}
