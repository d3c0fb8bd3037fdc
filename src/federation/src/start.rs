//! What runs in the background.

use crate::{Federation, Result};

impl Federation {
    /// Goes on with what other servers had sent before the server was stopped.
    ///
    /// # Errors
    /// What the database says.
    pub async fn start(&self) -> Result<()> {
        self.inner.incoming.start().await
    }
}
