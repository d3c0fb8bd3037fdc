//! Identity keys of a device (client-server § Device keys).

use store::{Conn, e2ee::device_keys};

use super::bounds::{DEVICE_KEYS_BYTES, DEVICES_BYTES};
use crate::{
    Error, Result,
    signatures::{PublicKey, is_curve_key},
    signed::Signed,
};

/// Identity keys that were found right: they are of this device, and it has signed them.
#[derive(Clone, Debug)]
pub(crate) struct DeviceKeys {
    /// The keys with the owner's signatures.
    pub signed: Signed,
    /// The key with which the device signs.
    pub key: PublicKey,
}

impl DeviceKeys {
    /// Checks keys that a device uploads.
    ///
    /// * `self_signing`: the user's self-signing key; where it has signed the keys, that must be right.
    ///
    /// # Errors
    /// For keys of another user or device, unsigned ones, too large ones.
    pub fn check(text: &str, user_id: &str, device_id: &str, self_signing: Option<&str>) -> Result<Self> {
        if text.len() > DEVICE_KEYS_BYTES {
            return Err(Error::too_large("the device keys are too large"));
        }
        let mut signed = Signed::read(text)?;
        if signed.string("user_id") != Some(user_id) || signed.string("device_id") != Some(device_id) {
            return Err(Error::invalid_param("user_id and device_id of the keys must be those of the session"));
        }
        signed.list("algorithms").ok_or(Error::bad_json("algorithms must be a list of texts"))?;
        let key = signing_key(&signed, device_id)?;
        signed.keep_signatures_of(user_id);
        let message = signed.message()?;
        let own = signed.signature(user_id, device_id).is_some_and(|signature| key.verifies(&message, signature));
        if !own {
            return Err(Error::invalid_signature("the device keys must be signed by the device itself"));
        }
        if let Some(public) = self_signing
            && let Some(signature) = signed.signature(user_id, public)
            && !PublicKey::parse(public).is_some_and(|key| key.verifies(&message, signature))
        {
            return Err(Error::invalid_signature("the signature of the self-signing key is wrong"));
        }
        Ok(Self { signed, key })
    }

    /// Reads stored keys, which were checked when they came.
    pub fn stored(text: &str, device_id: &str) -> Result<Self> {
        let read = Signed::read(text).and_then(|signed| Ok(Self { key: signing_key(&signed, device_id)?, signed }));
        read.map_err(Error::stored)
    }

    /// Whether a user may have these as the keys of a device, beside those of all others.
    pub fn fit(conn: &mut Conn, user_id: &str, device_id: &str, text: &str) -> store::Result<bool> {
        let others = device_keys::bytes_of_others(conn, user_id, device_id)?;
        Ok(usize::try_from(others).is_ok_and(|others| others.saturating_add(text.len()) <= DEVICES_BYTES))
    }

    /// Whether these are the same identity keys: others mean that the device has lost its past.
    pub fn same_identity(&self, other: &Self) -> bool {
        self.signed.strings("keys") == other.signed.strings("keys")
    }

    /// The keys as they are to be stored after `before`: signatures that came meanwhile stay. None where nothing
    /// changes.
    pub fn replacing(&self, before: Option<&Self>) -> Result<Option<String>> {
        let Some(before) = before else { return self.signed.text().map(Some) };
        if before.signed == self.signed {
            return Ok(None);
        }
        let mut signed = self.signed.clone();
        if before.signed.object == signed.object {
            for (user, keys) in &before.signed.signatures {
                let of_user = signed.signatures.entry(user.clone()).or_default();
                for (key, signature) in keys {
                    of_user.entry(key.clone()).or_insert_with(|| signature.clone());
                }
            }
        }
        let text = signed.text()?;
        if text.len() > DEVICE_KEYS_BYTES {
            return Err(Error::too_large("the device keys have too many signatures"));
        }
        Ok((signed != before.signed).then_some(text))
    }
}

/// The Ed25519 key of a device. All keys must be named for the device.
fn signing_key(signed: &Signed, device_id: &str) -> Result<PublicKey> {
    let keys = signed.strings("keys").ok_or(Error::bad_json("keys must be texts by name"))?;
    let mut found = None;
    for (name, key) in keys {
        let algorithm = name.strip_suffix(device_id).and_then(|name| name.strip_suffix(':'));
        match algorithm {
            Some("ed25519") => found = PublicKey::parse(key),
            Some("curve25519") if !is_curve_key(key) => {
                return Err(Error::invalid_param("the Curve25519 key is not one"));
            }
            Some(algorithm) if !algorithm.is_empty() => {}
            _ => return Err(Error::invalid_param("each key must be named <algorithm>:<device id>")),
        }
    }
    found.ok_or(Error::invalid_param("the device has no Ed25519 key"))
}
