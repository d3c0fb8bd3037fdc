//! When the follower takes its turns.

use std::time::{Duration, Instant};

use store::Store;

/// How often it looks whether there is anything new.
pub(super) const EVERY: Duration = Duration::from_millis(400);
/// How long it stands back at most while others wait for the writer.
const STAND_BACK: Duration = Duration::from_secs(3);
/// How often it looks meanwhile whether they still wait.
const LOOK: Duration = Duration::from_millis(20);
/// Entries of the log behind which it stands back for nobody. The log is kept for as long as it is behind, so it must not
/// fall behind for good where the writer never rests.
const FAR: i64 = 200_000;

/// Waits until nobody waits for the writer, or for as long as the follower can afford.
pub(super) async fn stand_back(store: &Store, behind: i64) {
    let since = Instant::now();
    while store.writer_counts().3 > 0 && since.elapsed() < longest(behind) {
        tokio::time::sleep(LOOK).await;
    }
}

/// The less, the further it is behind.
fn longest(behind: i64) -> Duration {
    let left = u32::try_from((FAR - behind).clamp(0, FAR) / 1_000).unwrap_or(0);
    STAND_BACK * left / u32::try_from(FAR / 1_000).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_far_behind_waits_for_nobody() {
        assert_eq!(longest(0), STAND_BACK);
        assert_eq!(longest(FAR / 2), STAND_BACK / 2);
        assert_eq!(longest(FAR), Duration::ZERO);
        assert_eq!(longest(i64::MAX), Duration::ZERO);
    }
}
