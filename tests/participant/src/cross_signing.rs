//! Cross-signing: our own keys, and which devices of others are vouched for. Only those ever get a key.

use serde_json::{Value, json};
use vodozemac::{Ed25519PublicKey, Ed25519SecretKey, Ed25519Signature};

use crate::error::wrong;
use crate::json::{put, signed_part, text};
use crate::{Error, Result};

/// The three keys of a user.
pub struct CrossSigning {
    master: Ed25519SecretKey,
    self_signing: Ed25519SecretKey,
    user_signing: Ed25519SecretKey,
}

/// A device of somebody that is vouched for by its owner.
#[derive(Clone, Debug)]
pub struct OtherDevice {
    pub user_id: String,
    pub device_id: String,
    pub curve25519: String,
    pub ed25519: String,
}

impl CrossSigning {
    pub fn new() -> Self {
        Self {
            master: Ed25519SecretKey::new(),
            self_signing: Ed25519SecretKey::new(),
            user_signing: Ed25519SecretKey::new(),
        }
    }

    /// The body of `/keys/device_signing/upload`, without authentication.
    pub fn upload(&self, user_id: &str) -> Result<Value> {
        let key = |usage: &str, secret: &Ed25519SecretKey| {
            let public = secret.public_key().to_base64();
            json!({"user_id": user_id, "usage": [usage], "keys": {format!("ed25519:{public}"): public}})
        };
        let mut upload = json!({"master_key": key("master", &self.master)});
        for (name, usage, secret) in [
            ("self_signing_key", "self_signing", &self.self_signing),
            ("user_signing_key", "user_signing", &self.user_signing),
        ] {
            let mut signed = key(usage, secret);
            sign(&mut signed, user_id, &self.master.public_key().to_base64(), |bytes| self.master.sign(bytes))?;
            put(&mut upload, &[name], signed);
        }
        Ok(upload)
    }

    /// Vouches for a device of ours.
    pub fn sign_device(&self, user_id: &str, device_keys: &mut Value) -> Result<()> {
        let public = self.self_signing.public_key().to_base64();
        sign(device_keys, user_id, &public, |bytes| self.self_signing.sign(bytes))
    }
}

/// Adds a signature to an object.
pub fn sign(object: &mut Value, user_id: &str, key_id: &str, sign: impl Fn(&[u8]) -> Ed25519Signature) -> Result<()> {
    let signature = sign(signed_part(object)?.as_bytes()).to_base64();
    put(object, &["signatures", user_id, &format!("ed25519:{key_id}")], signature.into());
    Ok(())
}

/// Checks a signature of an object.
pub fn check(object: &Value, user_id: &str, key_id: &str, key: &str) -> Result<()> {
    let signature =
        object.get("signatures").and_then(|all| all.get(user_id)).and_then(|all| all.get(format!("ed25519:{key_id}")));
    let signature = signature.and_then(Value::as_str).ok_or_else(|| Error::wrong("a signature is missing"))?;
    let signature = Ed25519Signature::from_base64(signature).map_err(wrong)?;
    let key = Ed25519PublicKey::from_base64(key).map_err(wrong)?;
    key.verify(signed_part(object)?.as_bytes(), &signature).map_err(wrong)
}

/// The devices of a user that the user vouches for, as the answer of `/keys/query` tells.
pub fn vouched_devices(answer: &Value, user_id: &str) -> Vec<OtherDevice> {
    let Ok(self_signing) = self_signing_key(answer, user_id) else { return Vec::new() };
    let devices = answer.get("device_keys").and_then(|all| all.get(user_id)).and_then(Value::as_object);
    let devices = devices.into_iter().flatten();
    devices.filter_map(|(device_id, keys)| vouched(keys, user_id, device_id, &self_signing).ok()).collect()
}

fn self_signing_key(answer: &Value, user_id: &str) -> Result<String> {
    let of = |kind: &str| answer.get(kind).and_then(|all| all.get(user_id)).cloned().unwrap_or_default();
    let (master, self_signing) = (of("master_keys"), of("self_signing_keys"));
    let master = only_key(&master)?;
    check(&self_signing, user_id, &master, &master)?;
    only_key(&self_signing)
}

fn only_key(object: &Value) -> Result<String> {
    let key =
        object.get("keys").and_then(Value::as_object).and_then(|keys| keys.values().next()).and_then(Value::as_str);
    key.map(str::to_owned).ok_or_else(|| Error::wrong("no cross-signing key"))
}

fn vouched(keys: &Value, user_id: &str, device_id: &str, self_signing: &str) -> Result<OtherDevice> {
    check(keys, user_id, self_signing, self_signing)?;
    let key =
        |name: &str| keys.get("keys").and_then(|all| all.get(format!("{name}:{device_id}"))).and_then(Value::as_str);
    let (Some(curve25519), Some(ed25519)) = (key("curve25519"), key("ed25519")) else {
        return Err(Error::wrong("a device without keys"));
    };
    check(keys, user_id, device_id, ed25519)?;
    if text(keys, "user_id")? != user_id || text(keys, "device_id")? != device_id {
        return Err(Error::wrong("the keys of another device"));
    }
    Ok(OtherDevice {
        user_id: user_id.to_owned(),
        device_id: device_id.to_owned(),
        curve25519: curve25519.to_owned(),
        ed25519: ed25519.to_owned(),
    })
}

impl OtherDevice {
    /// Whether this device signed an object, such as a one-time key.
    pub fn check_signature(&self, object: &Value) -> Result<()> {
        check(object, &self.user_id, &self.device_id, &self.ed25519)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_vouched_devices_count() {
        let (me, owner) = ("@a:a", CrossSigning::new());
        let account = vodozemac::olm::Account::new();
        let keys = |device: &str| {
            let mut keys = json!({"user_id": me, "device_id": device, "algorithms": [], "keys": {
                format!("curve25519:{device}"): account.curve25519_key().to_base64(),
                format!("ed25519:{device}"): account.ed25519_key().to_base64(),
            }});
            sign(&mut keys, me, device, |bytes| account.sign(bytes)).unwrap();
            keys
        };
        let mut vouched = keys("OURS");
        owner.sign_device(me, &mut vouched).unwrap();
        let upload = owner.upload(me).unwrap();
        let mut answer = json!({
            "device_keys": {me: {"OURS": vouched, "THEIRS": keys("THEIRS")}},
            "master_keys": {me: upload["master_key"]}, "self_signing_keys": {me: upload["self_signing_key"]},
        });
        let seen: Vec<String> = vouched_devices(&answer, me).into_iter().map(|device| device.device_id).collect();
        assert_eq!(seen, ["OURS"]);
        // Another master key, as an operator could put there, vouches for nothing of before.
        answer["master_keys"][me] = CrossSigning::new().upload(me).unwrap()["master_key"].clone();
        assert!(vouched_devices(&answer, me).is_empty());
    }
}
