//! The handle that everybody holds.

use std::sync::{Arc, atomic::AtomicBool};

use peerbrain_core::{Clock, config::Push as Settings};
use rooms::Rooms;
use store::Store;
use tokio::sync::Notify;

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
    /// Whether something was delivered since that was last written down.
    pub delivered: AtomicBool,
    /// Tells the delivery to stop.
    pub stopping: Notify,
}

impl Push {
    /// Starts working with the notifications of a store.
    pub fn new(options: Options) -> Self {
        let Options { rooms, clock, wakes, settings } = options;
        let (delivered, stopping) = (AtomicBool::new(false), Notify::new());
        Self { inner: Arc::new(Inner { rooms, clock, wakes, settings, delivered, stopping }) }
    }

    /// Delivers to push gateways until [`Push::stop`]; picks up where it was left. What was delivered in the last second
    /// before a crash is delivered again.
    pub async fn deliver(self) {
        Delivery::new(self).run().await;
    }

    /// Has the delivery write down how far it is, and end.
    pub fn stop(&self) {
        self.inner.stopping.notify_one();
    }

    pub(crate) fn store(&self) -> &Store {
        self.inner.rooms.store()
    }
}
