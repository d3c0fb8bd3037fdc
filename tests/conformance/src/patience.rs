//! Waiting for what a server does a moment later: on its way to another server, or in an index that lags behind.

use std::time::{Duration, Instant};

use crate::failure::Failure;

/// How long it may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often is asked for it.
const PAUSE: Duration = Duration::from_millis(150);

/// Asks again and again until there is an answer.
#[track_caller]
pub fn wait_for<T, F, Fut>(what: String, mut ask: F) -> impl Future<Output = Result<T, Failure>> + Send
where
    T: Send,
    F: FnMut() -> Fut + Send,
    Fut: Future<Output = Result<Option<T>, Failure>> + Send,
{
    let late = Failure::new(format!("waited in vain for {what}"));
    async move {
        let started = Instant::now();
        loop {
            if let Some(found) = ask().await? {
                return Ok(found);
            }
            if started.elapsed() > PATIENCE {
                return Err(late);
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}
