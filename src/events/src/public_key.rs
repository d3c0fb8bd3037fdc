//! The key with which another server signs.

use std::fmt;

use base64::Engine;
use ed25519_dalek::{Signature, VerifyingKey};

use crate::{Error, Result, signing_key::BASE64};

/// An Ed25519 key with which another server signs, decoded once for many signatures.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

impl PublicKey {
    /// Takes the 32 bytes of a key. A key for which anybody can make signatures is none.
    ///
    /// # Errors
    /// [`Error::Key`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let bytes = bytes.try_into().map_err(|_| Error::Key("a public key must be 32 bytes".to_owned()))?;
        match VerifyingKey::from_bytes(bytes) {
            Ok(key) if !key.is_weak() => Ok(Self(key)),
            _ => Err(Error::Key("not a public key that can be trusted".to_owned())),
        }
    }

    /// Reads a key as servers publish it, in base64.
    ///
    /// # Errors
    /// [`Error::Key`].
    pub fn from_base64(text: &str) -> Result<Self> {
        let bytes = BASE64.decode(text).map_err(|_| Error::Key("a public key must be base64".to_owned()))?;
        Self::from_bytes(&bytes)
    }

    /// The key as servers publish it.
    pub fn to_base64(&self) -> String {
        BASE64.encode(self.0)
    }

    /// The 32 bytes of the key.
    pub fn to_bytes(&self) -> [u8; 32] {
        self.0.to_bytes()
    }

    /// Checks a signature, which is in base64. As strict as libsodium, so that all servers come to the same verdict.
    ///
    /// # Errors
    /// [`Error::Signature`].
    pub fn verify(&self, message: &[u8], signature: &str) -> Result<()> {
        let wrong = |what: &str| Error::Signature(what.to_owned());
        let bytes = BASE64.decode(signature).map_err(|_| wrong("it is not base64"))?;
        let signature = Signature::from_slice(&bytes).map_err(|_| wrong("it is not one of Ed25519"))?;
        self.0.verify_strict(message, &signature).map_err(|_| wrong("it does not fit"))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PublicKey").field(&self.to_base64()).finish()
    }
}
