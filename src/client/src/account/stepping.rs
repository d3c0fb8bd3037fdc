//! One step of `/sync`.

use std::time::{Duration, Instant};

use matrix_sdk::config::SyncSettings;
use matrix_sdk::ruma::api::client::filter::FilterDefinition;
use matrix_sdk::sync::SyncResponse;

use super::Account;
use crate::error::Result;

/// The longest that one request waits. Somebody else who wants to sync waits no longer than that.
const ONE_POLL: Duration = Duration::from_secs(2);

impl Account {
    /// Takes what is new, and waits for something new if there is nothing. Several at once take turns.
    ///
    /// * `wait`: how long at most.
    ///
    /// # Errors
    /// The server cannot be reached or refuses.
    pub async fn sync_once(&self, wait: Duration) -> Result<SyncResponse> {
        let deadline = Instant::now() + wait;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let response = self.step(left.min(ONE_POLL)).await?;
            if has_news(&response) || left <= ONE_POLL {
                return Ok(response);
            }
        }
    }

    async fn step(&self, wait: Duration) -> Result<SyncResponse> {
        let _turn = self.inner.stepping.lock().await;
        let settings = SyncSettings::new().timeout(wait).filter(FilterDefinition::with_lazy_loading().into());
        Ok(self.client().sync_once(settings).await?)
    }
}

fn has_news(response: &SyncResponse) -> bool {
    let rooms = &response.rooms;
    let no_room =
        rooms.joined.is_empty() && rooms.left.is_empty() && rooms.invited.is_empty() && rooms.knocked.is_empty();
    !(no_room && response.to_device.is_empty() && response.account_data.is_empty())
}
