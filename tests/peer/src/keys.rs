//! Who a server is: its name and its Ed25519 key, and what it signs with it (appendices §signing-json).

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use serde_json::{Value, json};

use crate::canonical::{canonical, without};
use crate::failure::Failure;
use crate::now;

/// How long published keys may be believed, in milliseconds.
const DAY: u64 = 24 * 60 * 60 * 1_000;

/// A server name with its signing key. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Identity {
    /// The server name.
    pub name: String,
    /// The id of the key with its algorithm: `ed25519:...`.
    pub key_id: String,
    pair: Arc<Ed25519KeyPair>,
}

impl Identity {
    /// A server with the key that follows from a seed of 32 bytes.
    pub fn new(name: &str, key_id: &str, seed: &[u8]) -> Result<Self, Failure> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed)
            .map_err(|error| Failure::new(format!("no key for {name}: {error}")))?;
        Ok(Identity { name: name.to_owned(), key_id: key_id.to_owned(), pair: Arc::new(pair) })
    }

    /// The same server with another key, which it has published nowhere.
    pub fn forged(&self) -> Result<Self, Failure> {
        Identity::new(&self.name, &self.key_id, &[0x66; 32])
    }

    /// The same key under another id.
    pub fn with_key_id(&self, key_id: &str) -> Self {
        Identity { key_id: key_id.to_owned(), ..self.clone() }
    }

    /// The same key in the hands of a server of another name.
    pub fn with_name(&self, name: &str) -> Self {
        Identity { name: name.to_owned(), ..self.clone() }
    }

    /// The public key as unpadded base64.
    pub fn public(&self) -> String {
        STANDARD_NO_PAD.encode(self.pair.public_key())
    }

    /// The signature of an object, over all but `signatures` and `unsigned`.
    pub fn signature(&self, object: &Value) -> String {
        let covered = without(object, &["signatures", "unsigned"]);
        STANDARD_NO_PAD.encode(self.pair.sign(canonical(&covered).as_bytes()))
    }

    /// The object with this server's signature.
    pub fn sign(&self, mut object: Value) -> Value {
        let signature = self.signature(&object);
        self.put_signature(&mut object, signature);
        object
    }

    /// Writes a signature of this server into an object.
    pub fn put_signature(&self, object: &mut Value, signature: String) {
        if !object["signatures"].is_object() {
            object["signatures"] = json!({});
        }
        object["signatures"][&self.name][&self.key_id] = json!(signature);
    }

    /// What it publishes at `/_matrix/key/v2/server`.
    pub fn server_keys(&self) -> Value {
        self.sign(json!({
            "server_name": self.name,
            "verify_keys": { &self.key_id: { "key": self.public() } },
            "old_verify_keys": {},
            "valid_until_ts": now() + DAY,
        }))
    }

    /// The signature over a request (server-server §request-authentication).
    pub fn request_signature(&self, method: &str, uri: &str, destination: &str, content: Option<&Value>) -> String {
        let mut request = json!({ "method": method, "uri": uri, "origin": self.name, "destination": destination });
        if let Some(content) = content {
            request["content"] = content.clone();
        }
        self.signature(&request)
    }

    /// The `Authorization` header of a request.
    pub fn authorization(&self, method: &str, uri: &str, destination: &str, content: Option<&Value>) -> String {
        let signature = self.request_signature(method, uri, destination, content);
        let (name, key) = (&self.name, &self.key_id);
        format!("X-Matrix origin=\"{name}\",destination=\"{destination}\",key=\"{key}\",sig=\"{signature}\"")
    }
}

/// Whether an object has a signature by a server with one of the keys it has published.
pub fn signed_by(object: &Value, server: &str, keys: &Value) -> bool {
    let covered = canonical(&without(object, &["signatures", "unsigned"]));
    let bytes = |text: &Value| STANDARD_NO_PAD.decode(text.as_str().unwrap_or_default()).unwrap_or_default();
    object["signatures"][server].as_object().into_iter().flatten().any(|(key_id, signature)| {
        let key = bytes(&keys["verify_keys"][key_id]["key"]);
        UnparsedPublicKey::new(&ED25519, key).verify(covered.as_bytes(), &bytes(signature)).is_ok()
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Identity, signed_by};
    use crate::failure::Outcome;
    use crate::testing::domain;

    /// The examples of appendices §json-signing.
    #[test]
    fn signatures_of_the_specification() -> Outcome {
        let signed = [
            (json!({}), "K8280/U9SSy9IVtjBuVeLr+HpOB4BQFWbg+UZaADMtTdGYI7Geitb76LTrr5QV/7Xg4ahLwYGYZzuHGZKM5ZAQ"),
            (
                json!({ "one": 1, "two": "Two" }),
                "KqmLSbO39/Bzb0QIYE82zqLwsA+PDzYIpIRA2sRQ4sL53+sN6/fpNSoqE7BP7vBZhG6kYdD13EIMJpvhJI+6Bw",
            ),
        ];
        for (object, want) in signed {
            assert_eq!(domain()?.sign(object)["signatures"]["domain"]["ed25519:1"], want);
        }
        Ok(())
    }

    #[test]
    fn only_the_own_key_fits() -> Outcome {
        let (honest, forger) = (domain()?, domain()?.forged()?);
        let keys = honest.server_keys();
        assert!(signed_by(&keys, "domain", &keys));
        assert!(!signed_by(&keys, "other", &keys));
        assert!(!signed_by(&forger.sign(json!({ "a": 1 })), "domain", &keys));
        let mut changed = honest.sign(json!({ "a": 1 }));
        changed["a"] = json!(2);
        assert!(!signed_by(&changed, "domain", &keys));
        Ok(())
    }

    #[test]
    fn names_and_key_ids_change_alone() -> Outcome {
        let honest: Identity = domain()?;
        assert_eq!(honest.with_name("other").public(), honest.public());
        assert_eq!(honest.with_key_id("ed25519:2").key_id, "ed25519:2");
        assert_ne!(honest.forged()?.public(), honest.public());
        Ok(())
    }
}
