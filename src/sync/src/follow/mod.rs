//! What follows the commits: who must be woken, and where the rooms' newest events are.

mod tails;
mod watches;

use std::sync::Arc;

use store::{Committed, Observer};

pub(crate) use tails::{Reach, Tails};
pub(crate) use watches::{Standing, Watches};

use crate::events::ClientEvents;

/// How many bytes of events in client form are kept when nothing else is said.
const EVENT_BYTES: u64 = 8 << 20;

/// Follows the store for [`Syncs`](crate::Syncs): it must be among the observers with which the store is opened.
pub struct Follower {
    pub(crate) watches: Watches,
    pub(crate) tails: Tails,
    pub(crate) events: ClientEvents,
}

impl Follower {
    /// A follower of a store that is not open yet.
    pub fn new() -> Arc<Self> {
        Self::with_event_bytes(EVENT_BYTES)
    }

    /// The same, keeping so many bytes of events in client form.
    pub fn with_event_bytes(bytes: u64) -> Arc<Self> {
        Arc::new(Self { watches: Watches::default(), tails: Tails::default(), events: ClientEvents::new(bytes) })
    }
}

impl Observer for Follower {
    fn committed(&self, committed: &Committed) {
        self.events.committed(committed);
        self.tails.committed(committed);
        // Last, for it wakes those who look at the others.
        self.watches.committed(committed);
    }
}
