//! Megolm sessions of rooms: ours, which encrypt, and those of others, which decrypt.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use vodozemac::megolm::{GroupSession, InboundGroupSession, MegolmMessage, SessionConfig, SessionKey};

use crate::error::wrong;
use crate::json::{put, text};
use crate::{Error, Result};

/// The algorithm of rooms.
pub const MEGOLM: &str = "m.megolm.v1.aes-sha2";

/// The names under which clients say that a session's history may be shared: that of the specification, that of
/// matrix-rust-sdk and ruma, and that of MSC3061. Each is read. The first two are written: for matrix-rust-sdk the second and
/// third are one field, which may not be there twice.
const SHARED_HISTORY: [&str; 3] = ["shared_history", "m.shared_history", "org.matrix.msc3061.shared_history"];

/// A session that decrypts.
pub struct Inbound {
    pub room_id: String,
    /// Curve25519 key of the device that made it.
    pub sender_key: String,
    /// Ed25519 key that this device says it has.
    pub claimed_ed25519: String,
    /// Whether it may be given to whoever is invited.
    pub shared_history: bool,
    /// Who gave it in a bundle; nobody if it came from its maker.
    pub shared_by: Option<String>,
    pub session: InboundGroupSession,
}

/// Our session of a room, and who has its key: (user, device).
pub struct Outbound {
    pub session: GroupSession,
    pub holders: BTreeSet<(String, String)>,
}

/// All sessions of a device, by room and session id.
#[derive(Default)]
pub struct Sessions {
    pub outbound: BTreeMap<String, Outbound>,
    pub inbound: BTreeMap<(String, String), Inbound>,
}

impl Inbound {
    /// The session of an `m.room_key`, as its Olm message says it.
    pub fn of_room_key(content: &Value, sender_key: &str, claimed_ed25519: &str) -> Result<Self> {
        if text(content, "algorithm")? != MEGOLM {
            return Err(Error::wrong("another algorithm"));
        }
        let key = SessionKey::from_base64(text(content, "session_key")?).map_err(wrong)?;
        Ok(Self {
            room_id: text(content, "room_id")?.to_owned(),
            sender_key: sender_key.to_owned(),
            claimed_ed25519: claimed_ed25519.to_owned(),
            shared_history: SHARED_HISTORY.iter().any(|name| content.get(name) == Some(&Value::Bool(true))),
            shared_by: None,
            session: InboundGroupSession::new(&key, SessionConfig::version_1()),
        })
    }
}

impl Sessions {
    /// Keeps a session, unless the same one is known from an earlier message on, or from its maker.
    pub fn keep(&mut self, inbound: Inbound) {
        let place = (inbound.room_id.clone(), inbound.session.session_id());
        let better = self.inbound.get(&place).is_none_or(|known| {
            let (new, old) = (inbound.session.first_known_index(), known.session.first_known_index());
            new < old || (new == old && known.shared_by.is_some() && inbound.shared_by.is_none())
        });
        if better {
            self.inbound.insert(place, inbound);
        }
    }

    /// The content of an `m.room_key` for our session of a room.
    pub fn room_key(outbound: &Outbound, room_id: &str) -> Value {
        let mut content = json!({
            "algorithm": MEGOLM,
            "room_id": room_id,
            "session_id": outbound.session.session_id(),
            "session_key": outbound.session.session_key().to_base64(),
        });
        for name in SHARED_HISTORY.iter().take(2) {
            put(&mut content, &[*name], true.into());
        }
        content
    }

    /// What an encrypted event says, and who vouches for its key if it is not its maker.
    pub fn decrypt(&mut self, room_id: &str, event: &Value) -> Result<(Value, Option<String>)> {
        let content = event.get("content").unwrap_or(&Value::Null);
        let place = (room_id.to_owned(), text(content, "session_id")?.to_owned());
        let inbound = self.inbound.get_mut(&place).ok_or_else(|| Error::wrong("no key"))?;
        let message = MegolmMessage::from_base64(text(content, "ciphertext")?).map_err(wrong)?;
        let clear: Value = serde_json::from_slice(&inbound.session.decrypt(&message).map_err(wrong)?.plaintext)?;
        if text(&clear, "room_id")? != room_id {
            return Err(Error::wrong("said in another room"));
        }
        Ok((clear, inbound.shared_by.clone()))
    }
}
