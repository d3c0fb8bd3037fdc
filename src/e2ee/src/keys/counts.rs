//! How many keys a device has left, as each sync tells it (client-server § Extensions to /sync).

use std::{fmt::Write, sync::Arc};

use ruma::{DeviceId, UserId};
use store::{
    Conn,
    e2ee::{fallback_keys, one_time_keys},
};

use super::one_time_key::SIGNED_CURVE;
use crate::{E2ee, Result};

/// What a sync tells a device of its own keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyCounts {
    /// `device_one_time_keys_count` as JSON. The count of `signed_curve25519` is always in it, also 0: clients take the
    /// absence of it for a server that has no such thing, and upload nothing.
    pub one_time: String,
    /// `device_unused_fallback_key_types` as JSON.
    pub unused_fallback: String,
}

impl KeyCounts {
    fn read(conn: &mut Conn, user_id: &str, device_id: &str) -> store::Result<Self> {
        let mut counts = one_time_keys::counts(conn, user_id, device_id)?;
        counts.entry(SIGNED_CURVE.to_owned()).or_default();
        let mut one_time = String::from("{");
        for (number, (algorithm, count)) in counts.iter().enumerate() {
            let comma = if number == 0 { "" } else { "," };
            // Nothing that is written to a text fails.
            let _ = write!(one_time, "{comma}{}:{count}", json_text(algorithm));
        }
        one_time.push('}');
        let fallback = fallback_keys::of_device(conn, user_id, device_id)?;
        let unused = fallback.iter().filter(|row| !row.used).map(|row| json_text(&row.algorithm));
        Ok(Self { one_time, unused_fallback: format!("[{}]", unused.collect::<Vec<_>>().join(",")) })
    }

    /// Bytes of memory.
    pub(crate) fn bytes(&self) -> usize {
        self.one_time.len() + self.unused_fallback.len()
    }
}

/// A text as JSON.
pub(crate) fn json_text(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

impl E2ee {
    /// The counts of a device. Mostly they are in memory.
    pub async fn key_counts(&self, user_id: &UserId, device_id: &DeviceId) -> Result<Arc<KeyCounts>> {
        if let Some(counts) = self.cache().counts(user_id.as_str(), device_id.as_str()) {
            return Ok(counts);
        }
        let (this, user_id, device_id) = (self.clone(), user_id.to_owned(), device_id.to_owned());
        let read = move |conn: &mut Conn, position| this.key_counts_in(conn, position, &user_id, &device_id);
        Ok(self.store().snapshot(read).await?)
    }

    /// The same where it is in memory.
    pub fn known_key_counts(&self, user_id: &UserId, device_id: &DeviceId) -> Option<Arc<KeyCounts>> {
        self.cache().counts(user_id.as_str(), device_id.as_str())
    }

    /// The same where a snapshot of this position is open already.
    pub fn key_counts_in(
        &self,
        conn: &mut Conn,
        position: i64,
        user_id: &UserId,
        device_id: &DeviceId,
    ) -> store::Result<Arc<KeyCounts>> {
        let (user_id, device_id) = (user_id.as_str(), device_id.as_str());
        if let Some(counts) = self.cache().counts(user_id, device_id) {
            return Ok(counts);
        }
        let counts = Arc::new(KeyCounts::read(conn, user_id, device_id)?);
        self.cache().keep_counts(user_id, device_id, position, &counts);
        Ok(counts)
    }

    /// Whether keys of the user were given out after a position, so that a device must soon hear of it. It may be
    /// forgotten: the next sync tells the counts anyway.
    pub fn keys_given_since(&self, user_id: &UserId, since: i64) -> bool {
        self.cache().claimed_at(user_id.as_str()) > since
    }
}
