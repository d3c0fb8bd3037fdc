//! A task that panics is begun anew: until the server starts again nobody else would send to its destination.

use std::thread::panicking;

use ruma::OwnedServerName;

use super::Sender;

/// Kept by the task of a server for as long as it runs.
pub(super) struct Anew {
    sender: Sender,
    server: OwnedServerName,
}

impl Anew {
    pub fn new(sender: &Sender, server: &OwnedServerName) -> Self {
        Self { sender: sender.clone(), server: server.clone() }
    }
}

impl Drop for Anew {
    fn drop(&mut self) {
        if !panicking() {
            return;
        }
        tracing::error!(server = %self.server, "sending to a server panicked; it is tried again");
        let (sender, server) = (self.sender.clone(), self.server.clone());
        let runtime = sender.inner.options.runtime.clone();
        runtime.spawn(async move {
            tokio::time::sleep(sender.inner.options.pace.after_error).await;
            // One that fails is left to its row, which has its own time.
            sender.run(server, None).await;
        });
    }
}
