//! Numbers of state keys, remembered: they never change.

use std::collections::HashMap;

use quick_cache::sync::Cache;
use store::{
    Conn,
    rooms::{intern_state_keys, known_state_keys, state_key_nid},
};

use crate::{Error, Result, Rooms};

/// A type and a state key.
type Key = (String, String);

/// Keys that were used lately.
pub(crate) struct StateKeys {
    known: Cache<Key, i64>,
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
        let nids = self.intern_state_keys(conn, std::slice::from_ref(&key))?;
        nids.get(&key).copied().ok_or_else(|| nameless(&key))
    }

    /// The same for many at once.
    pub(crate) fn intern_state_keys(&self, conn: &mut Conn, keys: &[Key]) -> Result<HashMap<Key, i64>> {
        let mut found = HashMap::with_capacity(keys.len());
        found.extend(keys.iter().filter_map(|key| Some((key.clone(), self.inner.state_keys.known.get(key)?))));
        let unknown = keys.iter().filter(|key| !found.contains_key(*key));
        let numbered =
            known_state_keys(conn, unknown.map(|(event_type, state_key)| (event_type.as_str(), state_key.as_str())))?;
        self.remember_state_keys(numbered, &mut found);
        let new: Vec<(i64, String, String)> = keys
            .iter()
            .filter(|key| !found.contains_key(*key))
            .map(|(event_type, state_key)| (self.inner.store.next_nid(), event_type.clone(), state_key.clone()))
            .collect();
        if !new.is_empty() {
            let numbered =
                self.inner.runtime.block_on(self.inner.store.write(move |tx| intern_state_keys(tx, &new)))?;
            self.remember_state_keys(numbered, &mut found);
        }
        match keys.iter().find(|key| !found.contains_key(*key)) {
            Some(key) => Err(nameless(key)),
            None => Ok(found),
        }
    }

    fn remember_state_keys(&self, numbered: Vec<(String, String, i64)>, found: &mut HashMap<Key, i64>) {
        for (event_type, state_key, nid) in numbered {
            let key = (event_type, state_key);
            self.inner.state_keys.known.insert(key.clone(), nid);
            found.insert(key, nid);
        }
    }
}

fn nameless(key: &Key) -> Error {
    Error::Internal(format!("the state key {key:?} got no number"))
}
