//! The handle that everybody holds.

use std::sync::Arc;

use peerbrain_core::{Clock, config::Push as Settings};
use rooms::Rooms;
use store::Store;

use crate::deliver::{Delivery, Wakes};

/// What [`Push`] is made of.
pub struct Options {
    /// The rooms, and with them the store.
    pub rooms: Rooms,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Hears of commits; must be among the observers of the store.
    pub wakes: Arc<Wakes>,
    /// Which gateways may be reached.
    pub settings: Settings,
}

/// Push rules, notifications and pushers. Cheap to clone.
#[derive(Clone)]
pub struct Push {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub rooms: Rooms,
    pub clock: Arc<dyn Clock>,
    pub wakes: Arc<Wakes>,
    pub settings: Settings,
}

impl Push {
    /// Starts working with the notifications of a store.
    pub fn new(options: Options) -> Self {
        let Options { rooms, clock, wakes, settings } = options;
        Self { inner: Arc::new(Inner { rooms, clock, wakes, settings }) }
    }

    /// Delivers to push gateways until it is dropped; picks up where it was left.
    pub async fn deliver(self) {
        Delivery::new(self).run().await;
    }

    pub(crate) fn store(&self) -> &Store {
        self.inner.rooms.store()
    }
}
