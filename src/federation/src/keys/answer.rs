//! What a server says about its keys (server-server §publishing-keys).

use std::collections::BTreeMap;

use events::{PublicKey, canonical};
use ruma::{
    CanonicalJsonObject, CanonicalJsonValue, MilliSecondsSinceUnixEpoch, OwnedServerName, OwnedServerSigningKeyId,
    ServerName, ServerSigningKeyId, UInt, signatures::to_canonical_json_string_for_signing,
};

use super::{Key, ServerKeys};

/// Bytes that an answer may have.
pub(super) const ANSWER_BYTES: usize = 32_768;

/// Keys of an answer that are looked at, in use and old ones.
const MAX_KEYS: usize = 100;

/// No promise to use a key is believed for longer (§publishing-keys).
const LONGEST_VALIDITY: i64 = 7 * 24 * 3_600_000;

/// An answer that its server signed with each of the keys in it that are in use and made a signature.
pub(super) struct Answer {
    /// Whose keys they are.
    pub server: OwnedServerName,
    /// Until when those in use are good, as the server says.
    pub valid_until: i64,
    /// The whole of it.
    pub object: CanonicalJsonObject,
    in_use: BTreeMap<OwnedServerSigningKeyId, PublicKey>,
    old: BTreeMap<OwnedServerSigningKeyId, (PublicKey, i64)>,
}

impl Answer {
    /// Reads an answer.
    ///
    /// # Errors
    /// Why it cannot be used.
    pub fn read(json: &str) -> Result<Self, String> {
        if json.len() > ANSWER_BYTES {
            return Err("it is too large".to_owned());
        }
        Self::from_object(canonical::object(json).map_err(|error| error.to_string())?)
    }

    /// The same for an object of a notary's answer.
    pub fn from_object(object: CanonicalJsonObject) -> Result<Self, String> {
        let server = object.get("server_name").and_then(CanonicalJsonValue::as_str).ok_or("it has no server_name")?;
        let server = ServerName::parse(server).map_err(|error| error.to_string())?;
        let valid_until = object.get("valid_until_ts").and_then(CanonicalJsonValue::as_integer);
        let valid_until = i64::from(valid_until.ok_or("it has no valid_until_ts")?);
        let in_use = keys(&object, "verify_keys").filter_map(|(id, key, _)| Some((id, key?))).collect();
        let old = keys(&object, "old_verify_keys")
            .filter_map(|(id, key, expired)| Some((id, (key?, expired?))))
            .filter(|(id, _)| !BTreeMap::contains_key(&in_use, id))
            .collect();
        let answer = Self { server, valid_until, object, in_use, old };
        answer.check_signature(&answer.server, |id| answer.in_use.get(id).cloned())?;
        Ok(answer)
    }

    /// Checks that a server signed the answer with one of the keys, and with none of them wrongly.
    ///
    /// # Errors
    /// Why that is not so.
    pub fn check_signature(
        &self,
        server: &ServerName,
        key: impl Fn(&ServerSigningKeyId) -> Option<PublicKey>,
    ) -> Result<(), String> {
        let text = to_canonical_json_string_for_signing(&self.object).map_err(|error| error.to_string())?;
        let signatures = self.object.get("signatures").and_then(CanonicalJsonValue::as_object);
        let signatures = signatures.and_then(|all| all.get(server.as_str())).and_then(CanonicalJsonValue::as_object);
        let mut checked = false;
        for (id, signature) in signatures.into_iter().flatten().take(MAX_KEYS) {
            let Some(key) = <&ServerSigningKeyId>::try_from(id.as_str()).ok().and_then(&key) else { continue };
            let signature = signature.as_str().unwrap_or_default();
            key.verify(text.as_bytes(), signature).map_err(|error| format!("{server}, {id}: {error}"))?;
            checked = true;
        }
        if checked { Ok(()) } else { Err(format!("it is not signed by {server}")) }
    }

    /// The keys in it, and until when each is to be believed if the answer came at `now`.
    pub fn keys(&self, now: i64) -> ServerKeys {
        let good_until = self.valid_until.min(now.saturating_add(LONGEST_VALIDITY));
        let in_use = self.in_use.iter().map(|(id, key)| (id, key, good_until));
        let old = self.old.iter().map(|(id, (key, expired))| (id, key, *expired));
        let key = |(id, key, until): (&OwnedServerSigningKeyId, &PublicKey, i64)| {
            (id.clone(), Key { public: key.clone(), good_until: time(until) })
        };
        in_use.chain(old).take(MAX_KEYS).map(key).collect()
    }
}

/// The keys of a field of an answer, with `expired_ts`. What is not a key of Ed25519 is left out.
fn keys<'a>(
    object: &'a CanonicalJsonObject,
    field: &str,
) -> impl Iterator<Item = (OwnedServerSigningKeyId, Option<PublicKey>, Option<i64>)> + 'a {
    let keys = object.get(field).and_then(CanonicalJsonValue::as_object).into_iter().flatten();
    keys.filter(|(id, _)| id.starts_with("ed25519:") && id.len() <= 255 && !id.contains('\0'))
        .take(MAX_KEYS)
        .filter_map(|(id, value)| {
            let id = ServerSigningKeyId::parse(id).ok()?;
            let value = value.as_object()?;
            let key = value.get("key")?.as_str().and_then(|key| PublicKey::from_base64(key).ok());
            let expired = value.get("expired_ts").and_then(CanonicalJsonValue::as_integer).map(i64::from);
            Some((id, key, expired))
        })
}

/// A column as a time; before 1970 is 1970.
pub(super) fn time(millis: i64) -> MilliSecondsSinceUnixEpoch {
    MilliSecondsSinceUnixEpoch(UInt::new_saturating(u64::try_from(millis).unwrap_or_default()))
}
