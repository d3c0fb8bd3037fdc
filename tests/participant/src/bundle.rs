//! The bundle of room keys that an inviter gives (Matrix v1.19, `RoomKeyBundle`; MSC4268).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use vodozemac::megolm::{ExportedSessionKey, InboundGroupSession, SessionConfig};

use crate::error::wrong;
use crate::megolm::{Inbound, MEGOLM};
use crate::{Error, Result};

/// The most keys of one bundle that are read.
const MAX_KEYS: usize = 100_000;

/// Keys of a room.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Bundle {
    /// Sessions that are given.
    pub room_keys: Vec<RoomKey>,
    /// Sessions that are not.
    #[serde(default)]
    pub withheld: Vec<Withheld>,
}

/// A Megolm session that is given.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RoomKey {
    /// `m.megolm.v1.aes-sha2`.
    pub algorithm: String,
    /// Where it is used.
    pub room_id: String,
    /// What its sender says of keys of their own: `ed25519`.
    pub sender_claimed_keys: BTreeMap<String, String>,
    /// Curve25519 key of the device that made it.
    pub sender_key: String,
    /// Its Ed25519 key.
    pub session_id: String,
    /// In the export format.
    pub session_key: String,
}

/// A session that is not given, and why: the content of an `m.room_key.withheld`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Withheld(pub Value);

impl Bundle {
    /// What of a room's sessions may be given: those that were made while its history was shared.
    pub fn of<'a>(room_id: &str, sessions: impl IntoIterator<Item = &'a Inbound>) -> Self {
        let mut bundle = Self::default();
        for session in sessions.into_iter().filter(|session| session.room_id == room_id) {
            if session.shared_history {
                bundle.room_keys.push(RoomKey {
                    algorithm: MEGOLM.to_owned(),
                    room_id: room_id.to_owned(),
                    sender_claimed_keys: [("ed25519".to_owned(), session.claimed_ed25519.clone())].into(),
                    sender_key: session.sender_key.clone(),
                    session_id: session.session.session_id(),
                    session_key: session.session.export_at_first_known_index().to_base64(),
                });
            } else {
                bundle.withheld.push(Withheld(serde_json::json!({
                    "algorithm": MEGOLM, "code": "m.history_not_shared", "reason": "The sender has disabled sharing encrypted history.",
                    "room_id": room_id, "sender_key": session.sender_key, "session_id": session.session.session_id(),
                })));
            }
        }
        bundle
    }

    /// The sessions of a bundle, as far as they are of that room and what they say they are.
    ///
    /// * `from`: who gave it, which is remembered with each.
    ///
    /// # Errors
    /// It is no bundle, or has too many keys.
    pub fn open(content: &[u8], room_id: &str, from: &str) -> Result<Vec<Inbound>> {
        let bundle: Self = serde_json::from_slice(content)?;
        if bundle.room_keys.len() > MAX_KEYS {
            return Err(Error::wrong("too many keys"));
        }
        Ok(bundle.room_keys.into_iter().filter_map(|key| key.open(room_id, from).ok()).collect())
    }
}

impl RoomKey {
    fn open(self, room_id: &str, from: &str) -> Result<Inbound> {
        if self.room_id != room_id || self.algorithm != MEGOLM {
            return Err(Error::wrong("a key of another room"));
        }
        let key = ExportedSessionKey::from_base64(&self.session_key).map_err(wrong)?;
        let session = InboundGroupSession::import(&key, SessionConfig::version_1());
        if session.session_id() != self.session_id {
            return Err(Error::wrong("the key of another session"));
        }
        let claimed_ed25519 = self.sender_claimed_keys.get("ed25519").cloned().unwrap_or_default();
        Ok(Inbound {
            room_id: self.room_id,
            sender_key: self.sender_key,
            claimed_ed25519,
            shared_history: true,
            shared_by: Some(from.to_owned()),
            session,
        })
    }
}
