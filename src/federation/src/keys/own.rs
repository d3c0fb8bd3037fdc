//! Our own keys, as others see them.

use std::{collections::BTreeMap, sync::Arc};

use events::{PublicKey, canonical};
use ruma::{CanonicalJsonObject, MilliSecondsSinceUnixEpoch, ServerSigningKeyId, UInt};
use serde_json::{Map, Value, json};
use store::federation::old_signing_keys::{self, OldKeyRow};

use super::{Key, KeyRing, ServerKeys, answer::time};
use crate::{Error, Result};

/// How long others may go without asking again, in milliseconds: a day.
const VALIDITY: i64 = 24 * 3_600_000;

impl KeyRing {
    /// Our keys, in use and old ones, signed (server-server §publishing-keys).
    ///
    /// # Errors
    /// A database that cannot be read.
    pub async fn published(&self) -> Result<CanonicalJsonObject> {
        let options = &self.inner.options;
        let base64 = |key: &OldKeyRow| PublicKey::from_bytes(&key.public_key).map(|key| key.to_base64());
        let mut old = Map::new();
        for key in self.old_keys().await? {
            old.insert(key.key_id.clone(), json!({ "key": base64(&key)?, "expired_ts": key.expired_at }));
        }
        let in_use: BTreeMap<String, Value> =
            BTreeMap::from([(options.key.key_id(), json!({ "key": options.key.public_key_base64() }))]);
        let mut object = canonical::object_from(&json!({
            "server_name": options.server_name,
            "verify_keys": in_use,
            "old_verify_keys": old,
            "valid_until_ts": options.clock.now_ms().saturating_add(VALIDITY),
        }))?;
        options.key.sign_json(&options.server_name, &mut object)?;
        Ok(object)
    }

    /// Our keys, for checking what we signed ourselves and others give back.
    pub(super) async fn own(&self) -> Result<Arc<ServerKeys>> {
        let key = &self.inner.options.key;
        let mut keys = ServerKeys::new();
        let old = self.old_keys().await?.into_iter().map(|old| (old.key_id, old.public_key, time(old.expired_at)));
        let for_ever = MilliSecondsSinceUnixEpoch(UInt::MAX);
        for (id, bytes, good_until) in old.chain([(key.key_id(), key.public_key().to_vec(), for_ever)]) {
            let id = ServerSigningKeyId::parse(id).map_err(|error| Error::Internal(error.to_string()))?;
            keys.insert(id, Key { public: PublicKey::from_bytes(&bytes)?, good_until });
        }
        Ok(Arc::new(keys))
    }

    /// They change only between two runs, so they are read once.
    async fn old_keys(&self) -> Result<Vec<OldKeyRow>> {
        let read = || async { self.inner.options.store.read(old_signing_keys::all).await };
        Ok(self.inner.old.get_or_try_init(read).await?.clone())
    }
}
