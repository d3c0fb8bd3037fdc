//! The rounds of a command without an end: look at the server, do what is pending, look again; wait longer and longer
//! while the server cannot be reached.

use std::time::Duration;

use crate::account::Account;
use crate::console::Console;
use crate::error::{Error, Result};
use crate::pending;
use crate::report::Happening;

/// How long the server keeps a request open when there is no news.
const LONG_POLL: Duration = Duration::from_secs(25);
/// The first and the longest pause while the server cannot be reached.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// Rounds until nobody looks on.
#[derive(Debug, Default)]
pub struct Rounds {
    /// The pause before the next try, while the server cannot be reached.
    pause: Option<Duration>,
    /// Whether there was a first look, which does not wait for news.
    begun: bool,
}

impl Rounds {
    /// The next round, with what happened in it. Nothing if nobody looks on any more.
    ///
    /// # Errors
    /// If going on makes no sense: the login is gone.
    pub async fn next(&mut self, account: &Account, console: &mut dyn Console) -> Result<Option<Vec<Happening>>> {
        while console.is_open() {
            match self.round(account, console).await {
                Ok(happened) => {
                    if self.pause.take().is_some() {
                        console.notice("The server can be reached again.");
                    }
                    self.begun = true;
                    return Ok(Some(happened));
                }
                Err(error) => self.wait_after(error, console).await?,
            }
        }
        Ok(None)
    }

    /// Waits before something that failed is tried again, and says so the first time.
    ///
    /// # Errors
    /// The error, if no later try can help.
    pub async fn wait_after(&mut self, error: Error, console: &mut dyn Console) -> Result<()> {
        if is_final(&error) {
            return Err(error);
        }
        let pause = longer(self.pause);
        if self.pause.replace(pause).is_none() {
            console.notice(&format!("{error} It is tried again until it works."));
        }
        tokio::time::sleep(pause).await;
        Ok(())
    }

    async fn round(&self, account: &Account, console: &mut dyn Console) -> Result<Vec<Happening>> {
        let wait = if self.begun && self.pause.is_none() { LONG_POLL } else { Duration::ZERO };
        account.sync_once(wait).await?;
        pending::settle(account, console).await
    }
}

/// Twice the pause before.
fn longer(before: Option<Duration>) -> Duration {
    before.map_or(FIRST_PAUSE, |before| (before * 2).min(LONGEST_PAUSE))
}

/// Whether no later try can help.
fn is_final(error: &Error) -> bool {
    ["logged_out", "not_logged_in"].contains(&error.kind())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_minute() {
        let mut pause = None;
        let pauses: Vec<_> = std::iter::repeat_with(|| {
            pause = Some(longer(pause));
            pause.unwrap_or_default().as_secs()
        })
        .take(8)
        .collect();
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 60, 60]);
    }
}
