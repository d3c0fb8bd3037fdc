//! Key backups for tests: versions and sessions.

use serde_json::{Value, json};

use crate::failure::Failure;
use crate::path::encode;
use crate::reply::Reply;
use crate::room::text;
use crate::user::User;
use crate::v3;

/// The algorithm of backups.
pub const ALGORITHM: &str = "m.megolm_backup.v1.curve25519-aes-sha2";

impl User {
    /// Creates a backup version; gives its name.
    pub async fn new_backup(&self) -> Result<String, Failure> {
        let auth = json!({ "public_key": "abcdefg", "signatures": {} });
        let body = json!({ "algorithm": ALGORITHM, "auth_data": auth });
        text(&self.post(v3!("room_keys/version"), body).await?.ok()?, "version")
    }

    /// What the server tells about a backup version.
    pub async fn backup(&self, version: &str) -> Result<Value, Failure> {
        self.get(v3!("room_keys/version/{}", version)).await?.ok()
    }

    /// Tries to store a body at a place of a version.
    pub async fn try_store(&self, place: &str, version: &str, body: Value) -> Result<Reply, Failure> {
        self.put(at(place, version), body).await
    }

    /// Stores a body at a place of a version; gives the answer.
    pub async fn store(&self, place: &str, version: &str, body: Value) -> Result<Value, Failure> {
        self.try_store(place, version, body).await?.ok()
    }

    /// What is stored at a place of a version.
    pub async fn stored(&self, place: &str, version: &str) -> Result<Value, Failure> {
        self.get(at(place, version)).await?.ok()
    }
}

/// The path of a place in a backup: empty for all keys, `/room` or `/room/session` in encoded form.
pub fn at(place: &str, version: &str) -> String {
    format!("{}{place}?version={}", v3!("room_keys/keys"), encode(version))
}

/// The place of a room.
pub fn room(id: &str) -> String {
    format!("/{}", encode(id))
}

/// The place of a session.
pub fn session(room: &str, id: &str) -> String {
    format!("/{}/{}", encode(room), encode(id))
}

/// A backed-up session whose content says `mark`.
pub fn key(mark: &str) -> Value {
    ranked(mark, false, 5, 5)
}

/// A backed-up session with what decides between two.
pub fn ranked(mark: &str, verified: bool, index: u64, forwarded: u64) -> Value {
    json!({
        "first_message_index": index,
        "forwarded_count": forwarded,
        "is_verified": verified,
        "session_data": { "ephemeral": mark, "ciphertext": "base64", "mac": "base64" },
    })
}
