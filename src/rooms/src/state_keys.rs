//! Numbers of state keys, remembered: they never change.

use quick_cache::sync::Cache;
use store::{
    Conn,
    rooms::{intern_state_keys, state_key_nid},
};

use crate::{Result, Rooms};

/// Keys that were used lately.
pub(crate) struct StateKeys {
    known: Cache<(String, String), i64>,
}

impl StateKeys {
    pub(crate) fn new() -> Self {
        Self { known: Cache::new(20_000) }
    }
}

impl Rooms {
    /// The number of a state key, if it has one.
    pub fn state_key(&self, conn: &mut Conn, event_type: &str, state_key: &str) -> Result<Option<i64>> {
        // A key may be named by anything in a content. No event has one with a zero byte, and PostgreSQL cannot be asked.
        if event_type.contains('\0') || state_key.contains('\0') {
            return Ok(None);
        }
        let key = (event_type.to_owned(), state_key.to_owned());
        if let Some(nid) = self.inner.state_keys.known.get(&key) {
            return Ok(Some(nid));
        }
        let nid = state_key_nid(conn, event_type, state_key)?;
        if let Some(nid) = nid {
            self.inner.state_keys.known.insert(key, nid);
        }
        Ok(nid)
    }

    /// The number of a state key, a new one if it has none. Must run on a thread that may block: a new number is
    /// committed before it is used, for several lanes may want the same.
    pub(crate) fn intern_state_key(&self, conn: &mut Conn, event_type: &str, state_key: &str) -> Result<i64> {
        if let Some(nid) = self.state_key(conn, event_type, state_key)? {
            return Ok(nid);
        }
        let key = (event_type.to_owned(), state_key.to_owned());
        let rows = vec![(self.inner.store.next_nid(), key.0.clone(), key.1.clone())];
        let write = self.inner.store.write(move |tx| intern_state_keys(tx, &rows));
        let nid = self.inner.runtime.block_on(write)?.first().copied().unwrap_or_default();
        self.inner.state_keys.known.insert(key, nid);
        Ok(nid)
    }
}
