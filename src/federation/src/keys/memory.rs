//! Keys that were used lately, decoded.

use std::{collections::BTreeMap, convert::Infallible, sync::Arc};

use events::PublicKey;
use quick_cache::sync::Cache;
use ruma::{OwnedServerName, ServerName, ServerSigningKeyId};
use store::{
    Store,
    federation::server_keys::{self, KeyRow},
};

use super::{Key, ServerKeys, answer::time};

/// Servers whose keys are kept in memory, some hundred bytes each.
const SERVERS: usize = 10_000;

/// What is known of a server.
#[derive(Clone, Default)]
pub(super) struct Known {
    pub keys: Arc<ServerKeys>,
    /// From when on a new answer should be asked for: half of the time that the last one is good for has gone.
    pub refresh_at: i64,
}

/// What is known of servers.
pub(super) struct Memory {
    known: Cache<OwnedServerName, Known>,
    store: Store,
}

impl Memory {
    pub fn new(store: Store) -> Self {
        Self { known: Cache::new(SERVERS), store }
    }

    /// What is known of these servers, from memory and else from the database. Where that fails, less is known.
    pub async fn of<'a>(&self, servers: impl Iterator<Item = &'a OwnedServerName>) -> BTreeMap<OwnedServerName, Known> {
        let mut all = BTreeMap::new();
        let mut missing = Vec::new();
        for server in servers {
            match self.known.get(server) {
                Some(known) => {
                    all.insert(server.clone(), known);
                }
                None => missing.push(server.clone()),
            }
        }
        if !missing.is_empty() {
            match self.read(&missing).await {
                Ok(read) => all.extend(read.into_iter().map(|(server, known)| self.keep(server, known))),
                Err(error) => tracing::warn!(%error, "the keys of servers could not be read"),
            }
        }
        all
    }

    /// Reads from the database again what is known of a server, because it has changed; gives it.
    pub async fn load(&self, server: &OwnedServerName) -> store::Result<Known> {
        let known = self.read(std::slice::from_ref(server)).await?.remove(server).unwrap_or_default();
        self.known.insert(server.clone(), known.clone());
        Ok(known)
    }

    /// Remembers what was read, unless what has changed meanwhile is remembered already; gives what is.
    fn keep(&self, server: OwnedServerName, read: Known) -> (OwnedServerName, Known) {
        let known = self.known.get_or_insert_with(&server, || Ok::<_, Infallible>(read));
        (server, known.unwrap_or_else(|never| match never {}))
    }

    async fn read(&self, servers: &[OwnedServerName]) -> store::Result<BTreeMap<OwnedServerName, Known>> {
        let names: Vec<String> = servers.iter().map(ToString::to_string).collect();
        let read =
            self.store.read(move |conn| Ok((server_keys::of_servers(conn, &names)?, server_keys::ages(conn, &names)?)));
        let (rows, ages) = read.await?;
        let mut keys: BTreeMap<String, ServerKeys> = BTreeMap::new();
        for row in rows {
            let Some((server, id, key)) = decode(row) else { continue };
            keys.entry(server).or_default().insert(id, key);
        }
        let mut refresh: BTreeMap<String, i64> = BTreeMap::new();
        refresh.extend(ages.into_iter().map(|(server, at, until)| (server, half_life(at, until))));
        let mut all = BTreeMap::new();
        for server in servers {
            let known = Known {
                keys: Arc::new(keys.remove(server.as_str()).unwrap_or_default()),
                refresh_at: refresh.get(server.as_str()).copied().unwrap_or_default(),
            };
            all.insert(server.clone(), known);
        }
        Ok(all)
    }

    /// Remembers keys that could not be written, or are not kept.
    pub fn put(&self, server: &ServerName, keys: ServerKeys) {
        let known = Known { keys: Arc::new(keys), refresh_at: 0 };
        self.known.insert(server.to_owned(), known);
    }
}

/// Half of the time between two moments has gone.
pub(super) fn half_life(from: i64, until: i64) -> i64 {
    from.saturating_add(until.saturating_sub(from).max(0) / 2)
}

fn decode(row: KeyRow) -> Option<(String, ruma::OwnedServerSigningKeyId, Key)> {
    let public = PublicKey::from_bytes(&row.public_key).ok()?;
    let id = ServerSigningKeyId::parse(row.key_id).ok()?;
    Some((row.server, id, Key { public, good_until: time(row.good_until) }))
}
