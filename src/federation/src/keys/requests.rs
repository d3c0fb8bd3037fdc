//! Requests of other servers that wait until the keys are here by which they are proven. Until then anybody may have sent
//! them, and their bodies are in memory.

use tokio::sync::{Semaphore, SemaphorePermit};

use super::{KeyRing, Keys, Wanted, lines::Line};
use crate::{Error, Result};

/// Kilobytes of all that wait at the same time: six transactions of the greatest size, or many of the usual one.
const KILOBYTES: usize = 64 << 10;

/// In how many milliseconds there may be a place again.
const LATER: u64 = 5_000;

/// The places of what waits, one for each kilobyte. Names of servers are free to be made up, so they have places of their
/// own with which we share no room.
pub(super) struct Waiting {
    known: Semaphore,
    strangers: Semaphore,
}

impl Waiting {
    /// Nothing waits.
    pub fn new() -> Self {
        let [known, strangers] = [KILOBYTES; 2].map(Semaphore::new);
        Self { known, strangers }
    }

    /// The places of a request until this is dropped.
    fn places(&self, lines: &[Line], bytes: usize) -> Result<SemaphorePermit<'_>> {
        let is_known = lines.iter().all(|line| *line == Line::Known);
        let places = if is_known { &self.known } else { &self.strangers };
        let kilobytes = u32::try_from(bytes / 1_024 + 1).unwrap_or(u32::MAX);
        places.try_acquire_many(kilobytes).map_err(|_| Error::LimitExceeded(LATER))
    }
}

impl KeyRing {
    /// As [`KeyRing::get`], for a request whose body has so many bytes.
    ///
    /// # Errors
    /// [`Error::LimitExceeded`] where servers must be asked first, and too much waits for that already.
    pub async fn get_for_request(&self, wanted: &Wanted, bytes: usize) -> Result<Keys> {
        let (keys, asked) = self.at_hand(wanted).await;
        if asked.is_empty() {
            return Ok(keys);
        }
        let lines = self.lines_of(&asked).await;
        let _places = self.inner.waiting.places(&lines, bytes)?;
        Ok(self.fetched(wanted, asked, lines).await)
    }
}
