//! The key with which a server signs its events and requests.

use std::fmt;

use base64::{
    Engine,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use ed25519_dalek::pkcs8::ALGORITHM_OID;
use ruma::{
    CanonicalJsonObject, ServerName,
    signatures::{Ed25519KeyPair, KeyPair as _, sign_json},
};

use crate::{Error, Result};

/// Unpadded base64 when written. When read, padded or not, and with stray bits behind the last byte, as the seed in
/// the specification's own test vectors has them.
pub(crate) const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// An Ed25519 signing key of this server, with its version.
pub struct SigningKey {
    pair: Ed25519KeyPair,
    seed: [u8; 32],
}

impl SigningKey {
    /// Makes a new key of 32 random bytes, which must come from a cryptographic generator.
    ///
    /// Its version is taken from the public key, so that two keys of one server never share an ID.
    pub fn generate(seed: [u8; 32]) -> Result<Self> {
        let public = ed25519_dalek::SigningKey::from_bytes(&seed).verifying_key();
        let version = BASE64.encode(public).chars().filter(char::is_ascii_alphanumeric).take(6).collect::<String>();
        Self::new(seed, format!("a_{version}"))
    }

    /// Reads a key file: one line `ed25519 VERSION SEED`, the seed as base64 of 32 bytes. Synapse writes the same
    /// format, so a server can move and keep its key.
    pub fn from_text(text: &str) -> Result<Self> {
        let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        let line = lines.next().ok_or_else(|| Error::Key("the file is empty".to_owned()))?;
        if lines.next().is_some() {
            return Err(Error::Key("the file must hold one key, on one line".to_owned()));
        }
        let [algorithm, version, seed] = line.split_whitespace().collect::<Vec<_>>()[..] else {
            return Err(Error::Key("expected `ed25519 VERSION BASE64SEED`".to_owned()));
        };
        if algorithm != "ed25519" {
            return Err(Error::Key("only ed25519 keys can be used".to_owned()));
        }
        if version.len() > 64 || !version.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
            return Err(Error::Key("the version may hold letters, digits and underscores only".to_owned()));
        }
        let seed = BASE64.decode(seed).map_err(|_| Error::Key("the seed is not base64".to_owned()))?;
        let seed = seed.try_into().map_err(|_| Error::Key("the seed must be 32 bytes".to_owned()))?;
        Self::new(seed, version.to_owned())
    }

    fn new(seed: [u8; 32], version: String) -> Result<Self> {
        let pair =
            Ed25519KeyPair::new(ALGORITHM_OID, &seed, None, version).map_err(|error| Error::Key(error.to_string()))?;
        Ok(Self { pair, seed })
    }

    /// The text of a key file, for [`SigningKey::from_text`]. It holds the secret: write it where only the server
    /// can read it.
    pub fn to_text(&self) -> String {
        format!("ed25519 {} {}\n", self.pair.version(), BASE64.encode(self.seed))
    }

    /// The ID under which the public key is published: `ed25519:VERSION`.
    pub fn key_id(&self) -> String {
        format!("ed25519:{}", self.pair.version())
    }

    /// The public key as unpadded base64, as `/_matrix/key/v2/server` publishes it.
    pub fn public_key_base64(&self) -> String {
        BASE64.encode(self.pair.public_key())
    }

    /// The public key, 32 bytes.
    pub fn public_key(&self) -> [u8; 32] {
        self.pair.public_key()
    }

    /// Adds our signature to `object.signatures[server]` (appendices § Signing JSON). For anything but events, whose
    /// signatures must survive redaction and are made by [`EventBuilder`](crate::EventBuilder).
    pub fn sign_json(&self, server: &ServerName, object: &mut CanonicalJsonObject) -> Result<()> {
        Ok(sign_json(server.as_str(), &self.pair, object)?)
    }

    /// Our signature on a text, as unpadded base64: for what is in canonical form, but holds more than canonical JSON may
    /// ([`canonical::rewritten`](crate::canonical::rewritten)).
    pub fn sign_text(&self, text: &str) -> String {
        self.pair.sign(text.as_bytes()).base64()
    }

    pub(crate) fn pair(&self) -> &Ed25519KeyPair {
        &self.pair
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SigningKey").field(&self.key_id()).finish()
    }
}
