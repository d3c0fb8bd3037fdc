//! Whether keys are what they are said to be: of that user and device, and of a size that can be kept. Who may be believed
//! is for clients to find out, who look at the signatures.

use std::collections::BTreeMap;

use ruma::UserId;
use serde::Deserialize;
use serde_json::value::RawValue;
use store::e2ee::{CrossSigningKeyRow, RemoteDeviceRow, Usage};

use super::bounds::{DEVICES, DEVICES_BYTES, NAME_BYTES};
use crate::{
    Error, Result,
    ids::{algorithm_and_id, is_storable},
    keys::{
        UserKeys,
        bounds::{CROSS_SIGNING_KEY_BYTES, DEVICE_KEYS_BYTES, ONE_TIME_KEY_BYTES},
        public_key,
    },
    signed::Signed,
};

/// A device as another server tells it.
#[derive(Clone, Debug)]
pub struct TheirDevice {
    /// Its id.
    pub device_id: String,
    /// What it is called, where that does not stand beside the keys.
    pub display_name: Option<String>,
    /// Its keys.
    pub keys: Box<RawValue>,
}

/// The keys of a user of another server, found right.
#[derive(Clone, Debug)]
pub struct TheirKeys {
    pub(super) devices: Vec<RemoteDeviceRow>,
    pub(super) keys: Vec<CrossSigningKeyRow>,
}

impl TheirKeys {
    /// Checks what a server says of a user of its own. What is not right is left out.
    pub fn check(
        user_id: &UserId,
        devices: impl IntoIterator<Item = TheirDevice>,
        master_key: Option<&RawValue>,
        self_signing_key: Option<&RawValue>,
    ) -> Self {
        let (mut found, mut bytes) = (BTreeMap::new(), 0);
        for device in devices {
            let device_id = device.device_id.clone();
            match check_device(user_id.as_str(), device) {
                Ok(row) if found.len() < DEVICES && bytes + row.json.len() <= DEVICES_BYTES => {
                    bytes += row.json.len();
                    found.insert(row.device_id.clone(), row);
                }
                Ok(_) => tracing::info!(%user_id, device_id, "a device is one too many, and left out"),
                Err(error) => tracing::info!(%user_id, device_id, %error, "a device is left out"),
            }
        }
        let keys = [(Usage::Master, master_key), (Usage::SelfSigning, self_signing_key)];
        let keys = keys.into_iter().filter_map(|(usage, key)| Some((usage, key?)));
        let keys = keys.filter_map(|(usage, key)| match check_signing_key(user_id.as_str(), usage, key) {
            Ok(row) => Some(row),
            Err(error) => {
                tracing::info!(%user_id, usage = usage.as_str(), %error, "a cross-signing key is left out");
                None
            }
        });
        Self { keys: keys.collect(), devices: found.into_values().collect() }
    }

    /// The same as it is told to clients.
    pub fn told(&self) -> UserKeys {
        UserKeys::of_remote(self.devices.clone(), self.keys.clone())
    }
}

/// Checks one device.
///
/// # Errors
/// [`Error::InvalidParam`] and its like.
pub(super) fn check_device(user_id: &str, device: TheirDevice) -> Result<RemoteDeviceRow> {
    let TheirDevice { device_id, display_name, keys } = device;
    let text = keys.get();
    if device_id.is_empty() || !is_storable(&device_id) {
        return Err(Error::invalid_param("the device id is empty or too long"));
    }
    if text.len() > DEVICE_KEYS_BYTES {
        return Err(Error::too_large("the device keys are too large"));
    }
    let mut signed = Signed::read(text)?;
    if signed.string("user_id") != Some(user_id) || signed.string("device_id") != Some(device_id.as_str()) {
        return Err(Error::invalid_param("the keys are of another user or device"));
    }
    // A client that cannot read one device may read none of them.
    signed.list("algorithms").ok_or(Error::bad_json("algorithms must be a list of texts"))?;
    signed.strings("keys").ok_or(Error::bad_json("keys must be texts by name"))?;
    signed.keep_signatures_of(user_id);
    let display_name = display_name.or_else(|| name_beside(text));
    let display_name = display_name.filter(|name| name.len() <= NAME_BYTES && !name.contains('\0'));
    Ok(RemoteDeviceRow { user_id: user_id.to_owned(), device_id, display_name, json: signed.text()? })
}

/// `device_display_name`, as servers put it beside the keys.
fn name_beside(keys: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Keys {
        unsigned: Unsigned,
    }
    #[derive(Deserialize)]
    struct Unsigned {
        device_display_name: String,
    }
    serde_json::from_str::<Keys>(keys).ok().map(|keys| keys.unsigned.device_display_name)
}

/// Checks a master or self-signing key.
///
/// # Errors
/// [`Error::InvalidParam`] and its like.
pub(super) fn check_signing_key(user_id: &str, usage: Usage, key: &RawValue) -> Result<CrossSigningKeyRow> {
    if key.get().len() > CROSS_SIGNING_KEY_BYTES {
        return Err(Error::too_large("the key is too large"));
    }
    let mut signed = Signed::read(key.get())?;
    if signed.string("user_id") != Some(user_id) {
        return Err(Error::invalid_param("the key is of another user"));
    }
    if !signed.list("usage").is_some_and(|usages| usages.contains(&usage.as_str())) {
        return Err(Error::invalid_param("the key is meant for something else"));
    }
    let public_key = public_key(&signed)?;
    signed.keep_signatures_of(user_id);
    Ok(CrossSigningKeyRow { user_id: user_id.to_owned(), usage: usage as i16, public_key, json: signed.text()? })
}

/// Keys that were claimed from another server: by device, the key under its full name.
pub type TheirClaims = BTreeMap<String, BTreeMap<String, Box<RawValue>>>;

/// Of the keys that a server gives for one of its users, those that were wanted (algorithms by device), one for each device.
pub fn check_claims(wanted: &BTreeMap<String, String>, given: TheirClaims) -> TheirClaims {
    let one = |(device_id, keys): (String, BTreeMap<String, Box<RawValue>>)| {
        let algorithm = wanted.get(&device_id)?;
        let fits = |name: &str, key: &RawValue| {
            algorithm_and_id(name).is_ok_and(|(of, _)| of == algorithm)
                && key.get().len() <= ONE_TIME_KEY_BYTES
                && is_readable(key.get())
        };
        let key = keys.into_iter().find(|(name, key)| fits(name, key))?;
        Some((device_id, BTreeMap::from([key])))
    };
    given.into_iter().filter_map(one).collect()
}

/// Whether a client can read it: one key that it cannot spoils the whole answer for it.
fn is_readable(key: &str) -> bool {
    match key.starts_with('"') {
        true => serde_json::from_str::<String>(key).is_ok(),
        false => Signed::read(key).is_ok(),
    }
}
