//! The keys with which servers sign: our own as others see them, and those of others (server-server §retrieving-server-keys).

mod answer;
mod ask;
mod attempts;
mod fetch;
mod found;
#[cfg(feature = "fuzzing")]
pub(crate) mod fuzzing;
mod gathering;
mod lines;
mod lookup;
mod memory;
mod notaries;
mod notary;
mod own;
mod requests;
#[cfg(test)]
pub(crate) mod tests;

use std::{
    collections::HashMap,
    sync::{Arc, atomic::AtomicUsize},
};

use events::SigningKey;
use peerbrain_core::Clock;
use ruma::OwnedServerName;
use store::{Store, federation::old_signing_keys::OldKeyRow};
use tokio::{
    runtime::Handle,
    sync::{OnceCell, Semaphore},
};

pub(crate) use self::gathering::Gathering;
use self::{
    ask::Asking,
    attempts::Attempts,
    lines::{Line, Lines},
    memory::Memory,
    requests::Waiting,
};
pub use self::{
    fetch::Fetch,
    found::{Key, Keys, ServerKeys, Wanted},
};

/// Requests of others for keys of others that are worked on at once. More are told to come back.
const NOTARY_REQUESTS: usize = 8;

/// Servers that are in no room here whose keys are kept in the database.
pub const STRANGERS: i64 = 10_000;

/// What [`KeyRing`] is made of.
pub struct Options {
    /// Where keys are kept.
    pub store: Store,
    /// The way to other servers.
    pub fetch: Arc<dyn Fetch>,
    /// The name of this server.
    pub server_name: OwnedServerName,
    /// The key this server signs with.
    pub key: Arc<SigningKey>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Who is asked for keys of servers that cannot be reached.
    pub notaries: Vec<OwnedServerName>,
    /// How many servers that are in no room here have their keys kept.
    pub strangers: i64,
    /// Where other servers are asked.
    pub runtime: Handle,
}

/// The keys of servers. Cheap to clone.
#[derive(Clone)]
pub struct KeyRing {
    inner: Arc<Inner>,
}

struct Inner {
    options: Options,
    memory: Memory,
    attempts: Attempts,
    /// What others had us ask in vain. It keeps us from nothing that we need to know ourselves.
    attempts_for_others: Attempts,
    /// Servers that are being asked, each once in a line, for all who wait for it there: nobody waits in a longer line than
    /// their own.
    asking: parking_lot::Mutex<HashMap<(OwnedServerName, Line), Asking>>,
    lines: Lines,
    waiting: Waiting,
    notary_requests: Semaphore,
    /// How many answers were kept.
    learned: AtomicUsize,
    old: OnceCell<Vec<OldKeyRow>>,
}

impl KeyRing {
    /// With the keys that the store has.
    pub fn new(options: Options) -> Self {
        let inner = Inner {
            memory: Memory::new(options.store.clone()),
            options,
            attempts: Attempts::new(),
            attempts_for_others: Attempts::new(),
            asking: parking_lot::Mutex::default(),
            lines: Lines::new(),
            waiting: Waiting::new(),
            notary_requests: Semaphore::new(NOTARY_REQUESTS),
            learned: AtomicUsize::new(0),
            old: OnceCell::new(),
        };
        Self { inner: Arc::new(inner) }
    }

    fn now(&self) -> i64 {
        self.inner.options.clock.now_ms()
    }
}
