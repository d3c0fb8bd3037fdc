//! The handle that everybody holds.

use std::sync::Arc;

use peerbrain_core::{Clock, config};
use rooms::Rooms;
use store::Store;

use crate::{KeyCache, to_device::Inboxes};

/// What [`E2ee`] is made of.
pub struct Options {
    /// The rooms, and with them the store.
    pub rooms: Rooms,
    /// Keys used lately; must be among the observers of the store.
    pub cache: Arc<KeyCache>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// With which other servers this one has to do.
    pub settings: config::Federation,
}

/// Keys, device lists, and messages between devices. Cheap to clone.
#[derive(Clone)]
pub struct E2ee {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub rooms: Rooms,
    pub cache: Arc<KeyCache>,
    pub clock: Arc<dyn Clock>,
    pub settings: config::Federation,
    pub inboxes: Inboxes,
}

impl E2ee {
    /// Starts working with the keys of a store.
    pub fn new(options: Options) -> Self {
        let Options { rooms, cache, clock, settings } = options;
        Self { inner: Arc::new(Inner { rooms, cache, clock, settings, inboxes: Inboxes::default() }) }
    }

    pub(crate) fn store(&self) -> &Store {
        self.inner.rooms.store()
    }

    pub(crate) fn rooms(&self) -> &Rooms {
        &self.inner.rooms
    }

    pub(crate) fn cache(&self) -> &KeyCache {
        &self.inner.cache
    }
}
