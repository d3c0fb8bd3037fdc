//! Somebody's account is closed.

use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use ruma::{RoomId, UserId};
use tokio::time::{Instant, timeout_at};

use crate::{Error, Federation, Result, edus::may_pass};

/// How many servers are told at once.
const AT_ONCE: usize = 16;
/// How long who closes the account waits for that.
const PATIENCE: Duration = Duration::from_secs(20);

impl Federation {
    /// Leaves every room that is here, declines every invite to a room elsewhere and takes back every knock, for an account
    /// that is closed. What takes long goes on in the background.
    ///
    /// # Errors
    /// What may pass: then it can be repeated.
    pub async fn leave_all(&self, user: &UserId) -> Result<()> {
        self.inner.rooms.leave_all(user).await?;
        let (open, until) = (self.inner.rooms.open_elsewhere(user).await?, Instant::now() + PATIENCE);
        let leave = |id: String| async move {
            let Ok(room_id) = RoomId::parse(&*id) else { return Ok(()) };
            match timeout_at(until, self.leave(&room_id, user, None)).await {
                Ok(Err(error)) if may_pass(&error) => Err(error),
                Ok(Err(error)) => {
                    tracing::warn!(%room_id, %error, "a closed account could not decline an invite");
                    Ok(())
                }
                Ok(Ok(())) | Err(_) => Ok(()),
            }
        };
        let outcomes: Vec<Result<(), Error>> = stream::iter(open).map(leave).buffer_unordered(AT_ONCE).collect().await;
        outcomes.into_iter().collect()
    }
}
