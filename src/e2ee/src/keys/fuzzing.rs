//! What the targets of `tests/fuzz` call, and nobody else.

use super::{
    device_keys::DeviceKeys,
    one_time_key::{Unchecked, Uploaded},
};
use crate::{Error, Result, signatures::PublicKey};

/// Checks identity keys that a device uploads, and gives them as they are stored.
///
/// # Errors
/// For those that are refused.
pub fn device_keys(text: &str, user_id: &str, device_id: &str) -> Result<String> {
    let stored = DeviceKeys::check(text, user_id, device_id, None)?.replacing(None)?;
    stored.ok_or(Error::bad_json("first keys are always stored"))
}

/// Checks one-time keys that a device with this key uploads: algorithm, id and JSON of each.
///
/// # Errors
/// For those that are refused.
pub fn one_time_keys(
    keys: &Uploaded,
    (user_id, device_id): (&str, &str),
    key: &str,
) -> Result<Vec<(String, String, String)>> {
    let mut unchecked = Unchecked::default();
    let read = unchecked.read(keys, user_id, device_id)?;
    unchecked.verify(&PublicKey::parse(key).ok_or(Error::bad_json("not a key"))?)?;
    Ok(read.into_iter().map(|key| (key.algorithm, key.key_id, key.json)).collect())
}
