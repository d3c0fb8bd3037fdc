//! Who waits for files that are still to come.

use std::{collections::HashMap, sync::Arc};

use parking_lot::Mutex;
use tokio::sync::Notify;

/// Downloads that may wait at the same time; further ones are answered at once.
const MOST: usize = 4_096;

/// Those who wait, by the id of the file.
#[derive(Default)]
pub(crate) struct Arrivals {
    waiting: Mutex<Waiting>,
}

#[derive(Default)]
struct Waiting {
    count: usize,
    files: HashMap<String, (Arc<Notify>, usize)>,
}

/// One who waits, until it is dropped.
pub(crate) struct Waiter<'a> {
    arrivals: &'a Arrivals,
    media_id: &'a str,
    /// Told when the file has come.
    pub notify: Arc<Notify>,
}

impl Arrivals {
    /// Takes a place among those who wait for a file; none where too many wait.
    pub fn wait_for<'a>(&'a self, media_id: &'a str) -> Option<Waiter<'a>> {
        let mut waiting = self.waiting.lock();
        if waiting.count >= MOST {
            return None;
        }
        waiting.count += 1;
        let (notify, count) = waiting.files.entry(media_id.to_owned()).or_default();
        *count += 1;
        Some(Waiter { arrivals: self, media_id, notify: notify.clone() })
    }

    /// A file has come.
    pub fn arrived(&self, media_id: &str) {
        if let Some((notify, _)) = self.waiting.lock().files.get(media_id) {
            notify.notify_waiters();
        }
    }
}

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        let mut waiting = self.arrivals.waiting.lock();
        waiting.count -= 1;
        if let Some((_, count)) = waiting.files.get_mut(self.media_id) {
            *count -= 1;
            if *count == 0 {
                waiting.files.remove(self.media_id);
            }
        }
    }
}
