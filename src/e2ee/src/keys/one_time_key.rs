//! One-time and fallback keys (client-server § One-time and fallback keys).

use std::collections::BTreeMap;

use serde_json::{Value, value::RawValue};

use super::bounds::ONE_TIME_KEY_BYTES;
use crate::{
    Error, Result,
    ids::algorithm_and_id,
    signatures::{PublicKey, is_curve_key},
    signed::Signed,
};

/// The one algorithm whose keys can be checked.
pub(super) const SIGNED_CURVE: &str = "signed_curve25519";

/// Keys as a client uploads them, by `<algorithm>:<key id>`.
pub(super) type Uploaded = BTreeMap<String, Box<RawValue>>;

/// A key that may be stored.
#[derive(Clone, Debug)]
pub(crate) struct OneTimeKey {
    pub algorithm: String,
    pub key_id: String,
    /// As it was uploaded.
    pub json: String,
}

impl OneTimeKey {
    /// Whether this is the key of that JSON, however it is written.
    pub fn is(&self, json: &str) -> bool {
        let read = |text: &str| serde_json::from_str::<Value>(text).ok();
        self.json == json || read(&self.json) == read(json)
    }
}

/// Keys on their way, with the signatures that are still to be checked.
#[derive(Default)]
pub(super) struct Unchecked {
    /// (text, signature), all of the device's Ed25519 key.
    signatures: Vec<(String, String)>,
}

impl Unchecked {
    /// Looks at keys; [`Self::verify`] must follow. What is of an algorithm that nobody here knows may be any text or
    /// object.
    ///
    /// # Errors
    /// For names and keys that are of another form, or too large.
    pub fn read(&mut self, keys: &Uploaded, user_id: &str, device_id: &str) -> Result<Vec<OneTimeKey>> {
        let one = |(name, json): (&String, &str)| {
            let (algorithm, key_id) = algorithm_and_id(name)?;
            if json.len() > ONE_TIME_KEY_BYTES {
                return Err(Error::too_large("a key is too large"));
            }
            if algorithm == SIGNED_CURVE {
                self.signatures.push(signed_curve_key(json, user_id, device_id)?);
            } else if !json.starts_with(['{', '"']) {
                return Err(Error::bad_json("a key must be a text or an object"));
            }
            Ok(OneTimeKey { algorithm: algorithm.to_owned(), key_id: key_id.to_owned(), json: json.to_owned() })
        };
        keys.iter().map(|(name, key)| (name, key.get())).map(one).collect()
    }

    /// Whether there is anything to verify.
    pub fn is_empty(&self) -> bool {
        self.signatures.is_empty()
    }

    /// # Errors
    /// [`Error::InvalidSignature`] unless all signatures are of this key.
    pub fn verify(&self, key: &PublicKey) -> Result<()> {
        let signed: Vec<(&str, &str)> = self.signatures.iter().map(|(text, by)| (text.as_str(), by.as_str())).collect();
        if key.verifies_all(&signed) {
            Ok(())
        } else {
            Err(Error::invalid_signature("one-time and fallback keys must be signed by the device"))
        }
    }
}

/// Whether keys that came before the keys of their device are signed by it, as far as they can be checked: (algorithm,
/// JSON).
pub(super) fn all_signed<'k>(
    keys: impl Iterator<Item = (&'k str, &'k str)>,
    (user_id, device_id): (&str, &str),
    key: &PublicKey,
) -> bool {
    let checkable = keys.filter(|(algorithm, _)| *algorithm == SIGNED_CURVE);
    let signatures = checkable.map(|(_, json)| signed_curve_key(json, user_id, device_id)).collect::<Result<_>>();
    signatures.is_ok_and(|signatures| Unchecked { signatures }.verify(key).is_ok())
}

/// What a key of `signed_curve25519` says under which signature of the device.
fn signed_curve_key(json: &str, user_id: &str, device_id: &str) -> Result<(String, String)> {
    let signed = Signed::read(json)?;
    if !signed.string("key").is_some_and(is_curve_key) {
        return Err(Error::invalid_param("a signed Curve25519 key needs a key of 32 bytes"));
    }
    let signature = signed.signature(user_id, device_id);
    let signature = signature.ok_or(Error::invalid_signature("a signed Curve25519 key is not signed by the device"))?;
    Ok((signed.message()?, signature.to_owned()))
}
