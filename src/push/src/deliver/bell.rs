//! What the task of one pusher and those who wake it know of each other.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use parking_lot::Mutex;
use tokio::{sync::Notify, time::Instant};

/// How a task is woken, and how far it is.
#[derive(Default)]
pub(super) struct Bell {
    notify: Notify,
    /// Whether the user has read something, so that a badge may have changed.
    read: AtomicBool,
    place: Mutex<Place>,
}

#[derive(Default)]
struct Place {
    /// All up to here is delivered, as far as the task knows.
    delivered: Option<i64>,
    /// How often it was rung.
    rings: u64,
    /// Since when it has not been idle.
    busy: Option<Instant>,
    /// Whether its row says that it is behind the others, and where.
    behind: Option<i64>,
}

/// How far a task is, for who writes that down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// It has delivered all that it was woken for.
    Idle,
    /// It has delivered up to a position and is busy with the rest, for so long. None: it does not know yet.
    Busy(Option<i64>, Duration),
}

impl Bell {
    /// A task that has yet to look for the first time.
    pub fn new() -> Self {
        let bell = Self::default();
        bell.place.lock().busy = Some(Instant::now());
        bell
    }

    /// Wakes the task: there is something, or the user has read something.
    pub fn ring(&self, read: bool) {
        if read {
            self.read.store(true, Ordering::SeqCst);
        }
        let mut place = self.place.lock();
        place.rings += 1;
        place.busy.get_or_insert_with(Instant::now);
        drop(place);
        self.notify.notify_one();
    }

    /// Waits for the next ring.
    pub async fn wait(&self) {
        self.notify.notified().await;
    }

    /// How often it was rung.
    pub fn rings(&self) -> u64 {
        self.place.lock().rings
    }

    /// Whether the user has read something since this was last asked.
    pub fn take_read(&self) -> bool {
        self.read.swap(false, Ordering::SeqCst)
    }

    /// Has it asked again.
    pub fn keep_read(&self) {
        self.read.store(true, Ordering::SeqCst);
    }

    /// Notes that all up to a position is delivered. Where nothing is left of what it was rung for up to the ring of this
    /// number, it is idle, unless it was rung again.
    pub fn delivered(&self, position: i64, nothing_left: Option<u64>) {
        let mut place = self.place.lock();
        place.delivered = Some(position);
        if nothing_left == Some(place.rings) {
            place.busy = None;
        }
    }

    /// Where it stands.
    pub fn standing(&self) -> Standing {
        let place = self.place.lock();
        match place.busy {
            None => Standing::Idle,
            Some(since) => Standing::Busy(place.delivered, since.elapsed()),
        }
    }

    /// What its row says: where it is behind.
    pub fn behind(&self) -> Option<i64> {
        self.place.lock().behind
    }

    /// Notes what its row says now.
    pub fn set_behind(&self, behind: Option<i64>) {
        self.place.lock().behind = behind;
    }
}
