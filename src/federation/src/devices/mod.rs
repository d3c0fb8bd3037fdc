//! Keys and devices of users of other servers (server-server § End-to-End Encryption, § Device Management).
//!
//! Clients who ask for keys are answered from the lists that are kept of those with whom a room is shared; what is not here
//! is asked for, of all servers side by side ([`query`], [`claim`]). Lists of which something is missing are asked for in
//! the background until they are whole ([`resync`]). What a list is and when it is whole is decided in `e2ee`.

mod ask;
mod claim;
mod query;
mod resync;
mod servers;
#[cfg(test)]
mod tests;

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use parking_lot::Mutex;
use peerbrain_core::Clock;
use ruma::OwnedServerName;
use tokio::{
    sync::{Notify, Semaphore},
    time::Instant,
};

pub(crate) use servers::KeyServers;

/// Requests under way for clients at the same time, all clients together.
const REQUESTS: usize = 100;
/// Servers that are asked for lists at the same time, in the background.
const RESYNCS: usize = 8;

/// What is under way with other servers.
pub(crate) struct Devices {
    clock: Arc<dyn Clock>,
    servers: Arc<dyn KeyServers>,
    requests: Semaphore,
    resyncs: Arc<Semaphore>,
    /// There may be lists to ask for.
    more: Notify,
    /// Who is being asked for lists.
    asked: Mutex<HashSet<OwnedServerName>>,
    /// Who could not be asked, and when that was.
    silent: Mutex<HashMap<OwnedServerName, Instant>>,
}

impl Devices {
    /// Asks nobody yet.
    pub fn new(clock: Arc<dyn Clock>, servers: Arc<dyn KeyServers>) -> Self {
        Self {
            clock,
            servers,
            requests: Semaphore::new(REQUESTS),
            resyncs: Arc::new(Semaphore::new(RESYNCS)),
            more: Notify::new(),
            asked: Mutex::default(),
            silent: Mutex::default(),
        }
    }

    /// Has it looked whether there are lists to ask for.
    pub fn wake(&self) {
        self.more.notify_one();
    }
}
