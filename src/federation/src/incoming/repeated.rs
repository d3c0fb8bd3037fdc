//! Transactions that come again: a server repeats the one to which it heard no answer, and sends no other before it does.
//! So the newest of each server is remembered. What came before a restart is recognised by its events.

use std::{collections::HashMap, sync::Arc};

use parking_lot::Mutex;
use quick_cache::sync::Cache;
use ruma::{OwnedServerName, OwnedTransactionId, ServerName, TransactionId};
use tokio::sync::OnceCell;

use crate::{Error, Result, incoming::Answer};

/// Of how many servers a transaction is remembered; an answer has some kilobytes.
const SERVERS: usize = 2_000;

/// How many transactions of one server are worked on at the same time: one that it gave up, and what came after it.
const AT_ONCE: usize = 4;

/// An answer that is there, or will be.
pub(super) type Cell = Arc<OnceCell<Answer>>;

/// The transactions of all servers.
pub(super) struct Transactions {
    newest: Cache<OwnedServerName, (OwnedTransactionId, Cell)>,
    running: Arc<Mutex<HashMap<OwnedServerName, usize>>>,
}

impl Default for Transactions {
    fn default() -> Self {
        Self { newest: Cache::new(SERVERS), running: Arc::default() }
    }
}

/// A transaction is worked on; no more when this is dropped.
pub(super) struct Running {
    all: Arc<Mutex<HashMap<OwnedServerName, usize>>>,
    origin: OwnedServerName,
}

impl Transactions {
    /// Where the answer to a transaction is or will be.
    pub fn cell(&self, origin: &ServerName, id: &TransactionId) -> Cell {
        match self.newest.get(origin) {
            Some((newest, cell)) if newest == id => cell,
            _ => {
                let cell = Cell::default();
                self.newest.insert(origin.to_owned(), (id.to_owned(), cell.clone()));
                cell
            }
        }
    }

    /// Begins to work on one.
    ///
    /// # Errors
    /// [`Error::LimitExceeded`].
    pub fn begin(&self, origin: &ServerName) -> Result<Running> {
        let mut running = self.running.lock();
        let count = running.entry(origin.to_owned()).or_default();
        if *count >= AT_ONCE {
            return Err(Error::LimitExceeded(1_000));
        }
        *count += 1;
        Ok(Running { all: self.running.clone(), origin: origin.to_owned() })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let mut running = self.all.lock();
        if let Some(count) = running.get_mut(&self.origin) {
            *count -= 1;
            if *count == 0 {
                running.remove(&self.origin);
            }
        }
    }
}
