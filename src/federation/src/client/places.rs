//! Places for what is large: until its events are stored, an answer takes some times the memory that its bytes would, and
//! many servers may be asked for such answers at the same time.

use std::sync::Arc;

use tokio::sync::{OnceCell, OwnedSemaphorePermit, Semaphore};

/// An answer of more bytes needs a place. Nearly all have less, so nobody can hold them up.
const LARGE: usize = 4 << 20;

/// So many large answers are there at the same time.
pub(crate) struct Places(Arc<Semaphore>);

/// A place for an answer, from the moment in which it proves to be large until this is dropped.
pub(crate) struct Place {
    places: Arc<Semaphore>,
    taken: OnceCell<OwnedSemaphorePermit>,
}

impl Places {
    pub fn new(count: usize) -> Self {
        Self(Arc::new(Semaphore::new(count)))
    }

    /// A place for one answer; nobody is in it yet.
    pub fn place(&self) -> Place {
        Place { places: self.0.clone(), taken: OnceCell::new() }
    }
}

impl Place {
    /// Waits for the place if an answer has so many bytes.
    pub async fn have(&self, bytes: usize) {
        if bytes > LARGE {
            // They are never closed.
            let _taken = self.taken.get_or_try_init(|| self.places.clone().acquire_owned()).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[tokio::test]
    async fn only_what_is_large_waits() {
        let places = Places::new(1);
        let (first, second) = (places.place(), places.place());
        first.have(LARGE + 1).await;
        first.have(LARGE + 2).await;
        second.have(LARGE).await;
        assert!(second.have(LARGE + 1).now_or_never().is_none());
        drop(first);
        second.have(LARGE + 1).await;
        assert!(places.place().have(LARGE + 1).now_or_never().is_none());
    }
}
