//! What a device with encryption uploads: its keys, signed by itself (client-server § Key algorithms).

use std::ops::Range;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use bytes::Bytes;
use http::{HeaderValue, Method, Request};
use http_body_util::Full;
use ring::rand::{SecureRandom as _, SystemRandom};
use ring::signature::{Ed25519KeyPair, KeyPair as _};

use crate::connection::Target;
use crate::error::{Error, Result};
use crate::users::User;

const UPLOAD: &str = "/_matrix/client/v3/keys/upload";

/// The bytes of an Ed25519 seed and of a Curve25519 key.
const KEY: usize = 32;

/// A device with its signing key. Its other keys are random bytes: no server can tell them from real ones.
#[derive(Debug, Clone)]
pub struct Device {
    user_id: String,
    device_id: String,
    authorization: HeaderValue,
    key: Arc<Ed25519KeyPair>,
}

impl Device {
    /// The first device of an account, with a new key.
    pub fn new(user: &User) -> Result<Self> {
        Self::with_token(user, user.device_id.clone(), user.authorization.clone())
    }

    /// Another device of an account, with a new key.
    pub fn with_token(user: &User, device_id: String, authorization: HeaderValue) -> Result<Self> {
        let key = Ed25519KeyPair::from_seed_unchecked(&random()?).map_err(|_| Error::Key)?;
        Ok(Self { user_id: user.user_id.clone(), device_id, authorization, key: Arc::new(key) })
    }

    /// The user to whom it belongs.
    pub fn user_id(&self) -> &str {
        &self.user_id
    }

    /// Its id.
    pub fn id(&self) -> &str {
        &self.device_id
    }

    /// Its `Bearer …`.
    pub fn authorization(&self) -> &HeaderValue {
        &self.authorization
    }

    /// The upload of its device keys and of one-time keys with these numbers.
    pub fn upload(&self, target: &Target, one_time_keys: Range<u32>) -> Result<Request<Full<Bytes>>> {
        let keys = one_time_keys.map(|n| self.one_time_key(n)).collect::<Result<Vec<String>>>()?;
        let body = format!(r#"{{"device_keys":{},"one_time_keys":{{{}}}}}"#, self.device_keys()?, keys.join(","));
        target.request(Method::POST, UPLOAD, Some(&self.authorization), body.into())
    }

    fn device_keys(&self) -> Result<String> {
        let (user, device) = (&self.user_id, &self.device_id);
        let (curve, ed) = (encode(&random()?), encode(self.key.public_key().as_ref()));
        let fields = format!(
            r#""algorithms":["m.olm.v1.curve25519-aes-sha2","m.megolm.v1.aes-sha2"],"device_id":"{device}","keys":{{"curve25519:{device}":"{curve}","ed25519:{device}":"{ed}"}}"#,
        );
        Ok(self.signed(&fields, &format!(r#","user_id":"{user}""#)))
    }

    fn one_time_key(&self, n: u32) -> Result<String> {
        let key = self.signed(&format!(r#""key":"{}""#, encode(&random()?)), "");
        Ok(format!(r#""signed_curve25519:AA{n:06}":{key}"#))
    }

    /// An object of these fields with a signature between them, where it belongs in canonical JSON; what is signed is
    /// the object without it.
    fn signed(&self, before: &str, after: &str) -> String {
        let signature = encode(self.key.sign(format!("{{{before}{after}}}").as_bytes()).as_ref());
        let (user, device) = (&self.user_id, &self.device_id);
        format!(r#"{{{before},"signatures":{{"{user}":{{"ed25519:{device}":"{signature}"}}}}{after}}}"#)
    }
}

fn random() -> Result<[u8; KEY]> {
    let mut bytes = [0; KEY];
    SystemRandom::new().fill(&mut bytes).map_err(|_| Error::Key)?;
    Ok(bytes)
}

fn encode(bytes: &[u8]) -> String {
    STANDARD_NO_PAD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use ring::signature::{ED25519, UnparsedPublicKey};
    use serde_json::Value;

    use super::*;

    fn device() -> Device {
        let key = Ed25519KeyPair::from_seed_unchecked(&[1; KEY]).unwrap();
        Device {
            user_id: "@a:b".into(),
            device_id: "D".into(),
            authorization: HeaderValue::from_static("Bearer t"),
            key: Arc::new(key),
        }
    }

    #[test]
    fn what_is_signed_is_canonical_json_without_the_signature() {
        let device = device();
        let one_time_key = format!("{{{}}}", device.one_time_key(7).unwrap());
        let one_time_key: Value = serde_json::from_str(&one_time_key).unwrap();
        let device_keys: Value = serde_json::from_str(&device.device_keys().unwrap()).unwrap();
        for signed in [device_keys, one_time_key["signed_curve25519:AA000007"].clone()] {
            let signature =
                STANDARD_NO_PAD.decode(signed["signatures"]["@a:b"]["ed25519:D"].as_str().unwrap()).unwrap();
            let mut bare = signed.clone();
            bare.as_object_mut().unwrap().remove("signatures");
            // The map of serde_json is sorted, so this is canonical.
            let key = UnparsedPublicKey::new(&ED25519, device.key.public_key().as_ref().to_vec());
            assert!(key.verify(bare.to_string().as_bytes(), &signature).is_ok(), "{bare}");
        }
    }
}
