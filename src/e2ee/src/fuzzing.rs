//! What the targets of `tests/fuzz` call, and nobody else.

pub use crate::keys::fuzzing::{device_keys, one_time_keys};
use crate::{Result, signatures::PublicKey, signed::Signed};

/// Reads a signed object: the text that is signed, and the whole.
///
/// # Errors
/// For what is no such object.
pub fn signed(text: &str) -> Result<(String, String)> {
    let signed = Signed::read(text)?;
    Ok((signed.message()?, signed.text()?))
}

/// Whether signatures are of a key, each over its text: one by one, and all at once. None where it is no key.
pub fn verify(key: &str, signed: &[(&str, &str)]) -> Option<(Vec<bool>, bool)> {
    let key = PublicKey::parse(key)?;
    let each = signed.iter().map(|(text, signature)| key.verifies(text, signature)).collect();
    Some((each, key.verifies_all(signed)))
}
