//! What follows the commits: who must be woken, and where the rooms' newest events are.

mod departures;
mod device_lists;
mod lately;
mod pace;
mod reads;
mod rows;
mod tails;
mod watches;

use std::{
    collections::HashSet,
    sync::{Arc, atomic::AtomicI64},
};

use store::{Committed, Observer};
use tokio::sync::Notify;

pub(crate) use lately::{Kind, Lately};
pub(crate) use pace::Pace;
pub(crate) use reads::Reads;
pub(crate) use rows::Rows;
pub(crate) use tails::{Reach, Tails};
pub(crate) use watches::{Standing, Watches};

use crate::{ephemeral::Ephemeral, events::ClientEvents};
use departures::Departures;
use device_lists::DeviceListNews;

/// How many bytes of events in client form are kept when nothing else is said.
const EVENT_BYTES: u64 = 8 << 20;

/// Follows the store for [`Syncs`](crate::Syncs): it must be among the observers with which the store is opened.
pub struct Follower {
    pub(crate) watches: Watches,
    pub(crate) tails: Tails,
    pub(crate) events: ClientEvents,
    pub(crate) departures: Departures,
    pub(crate) device_lists: DeviceListNews,
    pub(crate) lately: Lately,
    pub(crate) reads: Reads,
    pub(crate) rows: Rows,
    pub(crate) pace: Pace,
    pub(crate) ephemeral: Ephemeral,
    /// Tells whoever tends to all this that something is to be done sooner than thought.
    pub(crate) news: Arc<Notify>,
}

impl Follower {
    /// A follower of a store that is not open yet.
    pub fn new() -> Arc<Self> {
        Self::with_event_bytes(EVENT_BYTES)
    }

    /// The same, keeping so many bytes of events in client form.
    pub fn with_event_bytes(bytes: u64) -> Arc<Self> {
        let serial = Arc::new(AtomicI64::new(0));
        Arc::new(Self {
            watches: Watches::new(serial.clone()),
            tails: Tails::default(),
            events: ClientEvents::new(bytes),
            departures: Departures::default(),
            device_lists: DeviceListNews::default(),
            lately: Lately::default(),
            reads: Reads::default(),
            rows: Rows::default(),
            pace: Pace::default(),
            ephemeral: Ephemeral::new(serial),
            news: Arc::default(),
        })
    }
}

impl Follower {
    /// Whether the device lists that a user follows may have changed after `since` and up to `end`. Where it is not
    /// known the answer is yes.
    pub(crate) fn device_lists_may_change(&self, user_id: &str, since: i64, end: i64) -> bool {
        let changed = |joined: &HashSet<i64>| self.device_lists.concern(user_id, joined, since, end);
        self.watches.joined(user_id, changed).unwrap_or(true)
    }
}

impl Observer for Follower {
    fn committed(&self, committed: &Committed) {
        self.events.committed(committed);
        self.lately.committed(committed);
        self.rows.committed(committed);
        self.tails.committed(committed);
        self.departures.committed(committed);
        self.device_lists.committed(committed);
        self.reads.committed(committed);
        let typing = self.ephemeral.committed(committed);
        // Last, for it wakes those who look at the others.
        if self.watches.committed(committed, &typing, &self.pace) {
            self.news.notify_one();
        }
    }
}
