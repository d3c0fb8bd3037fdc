//! The handle that everybody holds.

use std::sync::Arc;

use rooms::Rooms;
use store::Store;

use crate::{KeyCache, to_device::Inboxes};

/// What [`E2ee`] is made of.
pub struct Options {
    /// The rooms, and with them the store.
    pub rooms: Rooms,
    /// Keys used lately; must be among the observers of the store.
    pub cache: Arc<KeyCache>,
}

/// Keys, device lists, and messages between devices. Cheap to clone.
#[derive(Clone)]
pub struct E2ee {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub rooms: Rooms,
    pub cache: Arc<KeyCache>,
    pub inboxes: Inboxes,
}

impl E2ee {
    /// Starts working with the keys of a store.
    pub fn new(options: Options) -> Self {
        let Options { rooms, cache } = options;
        Self { inner: Arc::new(Inner { rooms, cache, inboxes: Inboxes::default() }) }
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
