//! What runs in the background.

use std::time::Duration;

use tokio::task::JoinHandle;

use crate::{Federation, Result, lasting::lasting};

/// How long transactions that are under way may take when the server stops.
const STOPPING: Duration = Duration::from_secs(3);

/// After how long something that panicked is begun anew.
const AGAIN: Duration = Duration::from_secs(5);

impl Federation {
    /// Goes on with what other servers had sent before the server was stopped, and with what they are to be sent: until
    /// then nothing is.
    ///
    /// # Errors
    /// What the database says; what is sent does not depend on that.
    pub async fn start(&self) -> Result<()> {
        self.run(self.inner.sender.clone().work());
        let federation = self.clone();
        self.run(
            async move { lasting("asking for lists of devices", AGAIN, || federation.clone().resync_lists()).await },
        );
        self.inner.incoming.start().await
    }

    /// Ends what runs in the background. What is under way gets a moment; what is not sent then is sent after the next
    /// start.
    pub async fn stop(&self) {
        self.inner.sender.stop(STOPPING).await;
        let background = std::mem::take(&mut *self.inner.background.lock());
        background.iter().for_each(JoinHandle::abort);
    }

    /// Runs something in the background until the server stops.
    pub(crate) fn run(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.inner.background.lock().push(self.inner.runtime.spawn(work));
    }
}
