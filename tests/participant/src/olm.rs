//! Messages between devices: `m.olm.v1.curve25519-aes-sha2`, with the sender's device keys inside (MSC4147).

use std::collections::BTreeMap;

use serde_json::{Value, json};
use vodozemac::Curve25519PublicKey;
use vodozemac::olm::{Account, OlmMessage, Session, SessionConfig};

use crate::cross_signing::OtherDevice;
use crate::error::wrong;
use crate::json::{base64, bytes_of, text};
use crate::{Error, Result};

/// The algorithm between devices.
pub const OLM: &str = "m.olm.v1.curve25519-aes-sha2";

/// Olm sessions, by the Curve25519 key of the other device; the last one is used.
#[derive(Default)]
pub struct Olm {
    sessions: BTreeMap<String, Vec<Session>>,
}

/// Who we are, as every message says.
pub struct Sender<'a> {
    pub user_id: &'a str,
    pub curve25519: String,
    pub ed25519: String,
    pub device_keys: &'a Value,
}

/// What a message said.
pub struct Heard {
    pub event_type: String,
    pub content: Value,
    pub sender: String,
    pub sender_key: String,
    pub ed25519: String,
    /// The keys of the device that sent it, with their signatures.
    pub device_keys: Option<Value>,
}

impl Olm {
    pub fn knows(&self, curve25519: &str) -> bool {
        self.sessions.contains_key(curve25519)
    }

    /// Begins a session with a device whose one-time key was claimed.
    pub fn begin(&mut self, account: &Account, device: &OtherDevice, one_time_key: &Value) -> Result<()> {
        device.check_signature(one_time_key)?;
        let identity = Curve25519PublicKey::from_base64(&device.curve25519).map_err(wrong)?;
        let one_time_key = Curve25519PublicKey::from_base64(text(one_time_key, "key")?).map_err(wrong)?;
        let session =
            account.create_outbound_session(SessionConfig::version_1(), identity, one_time_key).map_err(wrong)?;
        self.sessions.entry(device.curve25519.clone()).or_default().push(session);
        Ok(())
    }

    /// The content of an `m.room.encrypted` for one device.
    pub fn encrypt(
        &mut self,
        sender: &Sender<'_>,
        to: &OtherDevice,
        event_type: &str,
        content: &Value,
    ) -> Result<Value> {
        let session = self.sessions.get_mut(&to.curve25519).and_then(|sessions| sessions.last_mut());
        let session = session.ok_or_else(|| Error::wrong("no session with this device"))?;
        let plain = json!({
            "type": event_type,
            "content": content,
            "sender": sender.user_id,
            "recipient": to.user_id,
            "recipient_keys": {"ed25519": to.ed25519},
            "keys": {"ed25519": sender.ed25519},
            "sender_device_keys": sender.device_keys,
        });
        let (kind, body) = session.encrypt(plain.to_string()).map_err(wrong)?.to_parts();
        let ciphertext = BTreeMap::from([(to.curve25519.clone(), json!({"type": kind, "body": base64(&body)}))]);
        Ok(json!({"algorithm": OLM, "sender_key": sender.curve25519, "ciphertext": ciphertext}))
    }

    /// Decrypts an `m.room.encrypted` that came to this device.
    ///
    /// * `me`: our user id.
    pub fn decrypt(&mut self, account: &mut Account, me: &str, event: &Value) -> Result<Heard> {
        let content = event.get("content").unwrap_or(&Value::Null);
        if text(content, "algorithm")? != OLM {
            return Err(Error::wrong("another algorithm"));
        }
        let sender_key = text(content, "sender_key")?;
        let for_us = content.get("ciphertext").and_then(|all| all.get(account.curve25519_key().to_base64()));
        let for_us = for_us.ok_or_else(|| Error::wrong("not for this device"))?;
        let kind = for_us.get("type").and_then(Value::as_u64).and_then(|kind| usize::try_from(kind).ok()).unwrap_or(9);
        let message = OlmMessage::from_parts(kind, &bytes_of(text(for_us, "body")?)?).map_err(wrong)?;
        let plain: Value = serde_json::from_slice(&self.plaintext(account, sender_key, &message)?)?;
        let sender = text(event, "sender")?;
        let own = account.ed25519_key().to_base64();
        let meant = text(&plain, "recipient")? == me
            && plain.pointer("/recipient_keys/ed25519").and_then(Value::as_str) == Some(own.as_str())
            && text(&plain, "sender")? == sender;
        if !meant {
            return Err(Error::wrong("a message for somebody else, or from somebody else"));
        }
        Ok(Heard {
            event_type: text(&plain, "type")?.to_owned(),
            content: plain.get("content").cloned().unwrap_or_default(),
            sender: sender.to_owned(),
            sender_key: sender_key.to_owned(),
            ed25519: plain.pointer("/keys/ed25519").and_then(Value::as_str).unwrap_or_default().to_owned(),
            device_keys: plain.get("sender_device_keys").cloned(),
        })
    }

    fn plaintext(&mut self, account: &mut Account, sender_key: &str, message: &OlmMessage) -> Result<Vec<u8>> {
        let known = self.sessions.entry(sender_key.to_owned()).or_default();
        for at in (0..known.len()).rev() {
            let Some(session) = known.get_mut(at) else { continue };
            if let Ok(plain) = session.decrypt(message) {
                // The one that was heard last is the one to answer with.
                let session = known.remove(at);
                known.push(session);
                return Ok(plain);
            }
        }
        let OlmMessage::PreKey(message) = message else { return Err(Error::wrong("a message of no known session")) };
        let sender_key = Curve25519PublicKey::from_base64(sender_key).map_err(wrong)?;
        let begun = account.create_inbound_session(SessionConfig::version_1(), sender_key, message).map_err(wrong)?;
        known.push(begun.session);
        Ok(begun.plaintext)
    }
}
