//! What time it is. Handed to constructors as `Arc<dyn Clock>`; nothing but [`SystemClock`] asks the operating system.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ruma::{MilliSecondsSinceUnixEpoch, UInt};

/// A source of wall-clock time.
pub trait Clock: Send + Sync {
    /// The time now, in milliseconds since 1970-01-01 UTC.
    fn now(&self) -> MilliSecondsSinceUnixEpoch;

    /// The same as [`Clock::now`], as the signed number that database columns hold.
    fn now_ms(&self) -> i64 {
        i64::from(self.now().get())
    }
}

/// The clock of the operating system.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> MilliSecondsSinceUnixEpoch {
        // A clock set before 1970 reads as 1970.
        let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        from_millis(u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX))
    }
}

/// A clock that stands still until a test moves it. Clones share the time.
#[derive(Clone, Debug, Default)]
pub struct ManualClock {
    millis: Arc<AtomicU64>,
}

impl ManualClock {
    /// A clock that stands at `millis` milliseconds since the epoch.
    pub fn at(millis: u64) -> Self {
        Self { millis: Arc::new(AtomicU64::new(millis)) }
    }

    /// Sets the time, forwards or backwards.
    pub fn set(&self, millis: u64) {
        self.millis.store(millis, Ordering::SeqCst);
    }

    /// Moves the time forwards.
    pub fn advance(&self, by: Duration) {
        let millis = u64::try_from(by.as_millis()).unwrap_or(u64::MAX);
        self.millis.fetch_add(millis, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> MilliSecondsSinceUnixEpoch {
        from_millis(self.millis.load(Ordering::SeqCst))
    }
}

/// Milliseconds as ruma's type, whose numbers end at 2^53.
fn from_millis(millis: u64) -> MilliSecondsSinceUnixEpoch {
    MilliSecondsSinceUnixEpoch(UInt::new_saturating(millis))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_of_a_manual_clock_share_the_time() {
        let clock = ManualClock::at(1_000);
        let other: Arc<dyn Clock> = Arc::new(clock.clone());
        clock.advance(Duration::from_secs(2));
        assert_eq!(other.now_ms(), 3_000);
        clock.set(7);
        assert_eq!(other.now_ms(), 7);
    }

    #[test]
    fn the_system_clock_is_past_2020() {
        assert!(SystemClock.now_ms() > 1_577_836_800_000);
    }
}
