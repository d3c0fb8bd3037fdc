//! How many thumbnails are made at the same time, and which cannot be made.

use std::{sync::Arc, time::Duration};

use quick_cache::sync::Cache;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

use crate::{ContentHash, Error, Result};

/// Requests that may wait for their turn.
const QUEUE: usize = 256;
/// How long one may wait for its turn.
const PATIENCE: Duration = Duration::from_secs(30);
/// When to try again if there are too many.
const LATER: Duration = Duration::from_secs(5);
/// Pictures of which it is remembered that they cannot be made smaller.
const REMEMBERED: usize = 2_000;

/// Whose turn it is.
pub(crate) struct Turns {
    making: Arc<Semaphore>,
    queue: Arc<Semaphore>,
    /// Whether they are too large, or no pictures at all.
    refused: Cache<ContentHash, bool>,
}

/// One's turn, until it is dropped.
pub(super) struct Turn {
    _queue: OwnedSemaphorePermit,
    _making: OwnedSemaphorePermit,
}

impl Turns {
    pub(crate) fn new(at_once: usize) -> Self {
        let (making, queue) = (Arc::new(Semaphore::new(at_once)), Arc::new(Semaphore::new(QUEUE)));
        Self { making, queue, refused: Cache::new(REMEMBERED) }
    }

    /// Waits for one's turn.
    pub(super) async fn turn(&self) -> Result<Turn> {
        let busy = || Error::LimitExceeded { retry_after: LATER };
        let queue = self.queue.clone().try_acquire_owned().map_err(|_| busy())?;
        match timeout(PATIENCE, self.making.clone().acquire_owned()).await {
            Ok(Ok(making)) => Ok(Turn { _queue: queue, _making: making }),
            _ => Err(busy()),
        }
    }

    /// Why no thumbnail of this content can be made, if that was seen lately.
    pub(super) fn refused(&self, hash: &ContentHash) -> Option<Error> {
        self.refused.get(hash).map(|too_large| if too_large { TOO_LARGE } else { Error::NoThumbnail })
    }

    /// Remembers that none can be made.
    pub(super) fn refuse(&self, hash: ContentHash, error: Error) -> Error {
        match error {
            Error::TooLarge(_) => self.refused.insert(hash, true),
            Error::NoThumbnail => self.refused.insert(hash, false),
            _ => {}
        }
        error
    }
}

/// What is said of a picture of too many pixels.
pub(super) const TOO_LARGE: Error = Error::TooLarge("the picture is too large for a thumbnail of it");
