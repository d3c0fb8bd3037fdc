//! When devices were last seen: collected in memory, written together now and then.

use std::collections::HashMap;

use parking_lot::Mutex;
use store::accounts::{LastSeen, devices};

use crate::{Accounts, Result, Seen, Session};

/// A device is noted at most this often, in milliseconds.
pub(crate) const NOTE_EVERY: i64 = 60_000;
/// Devices that may wait for the write; further ones are not noted.
const MOST_WAITING: usize = 10_000;
/// Devices that one write notes, so that it holds nobody up.
const TOGETHER: usize = 500;
/// Bytes of a `User-Agent` that are kept.
const AGENT_BYTES: usize = 255;

/// What waits to be written, by user and device.
#[derive(Default)]
pub(crate) struct LastSeenNotes {
    waiting: Mutex<HashMap<(String, String), LastSeen>>,
}

impl LastSeenNotes {
    pub(crate) fn note(&self, session: &Session, seen: &Seen<'_>, now: i64) {
        let note = LastSeen {
            user_id: session.user_id.to_string(),
            device_id: session.device_id.to_string(),
            at: now,
            ip: seen.ip.map(|ip| ip.to_string()),
            agent: seen.user_agent.map(shortened),
        };
        let key = (note.user_id.clone(), note.device_id.clone());
        let mut waiting = self.waiting.lock();
        if waiting.len() < MOST_WAITING || waiting.contains_key(&key) {
            waiting.insert(key, note);
        }
    }
}

/// The first [`AGENT_BYTES`] of a `User-Agent`.
pub(crate) fn shortened(agent: &str) -> String {
    agent.get(..agent.floor_char_boundary(AGENT_BYTES)).unwrap_or_default().to_owned()
}

impl Accounts {
    /// Writes what waits.
    pub(crate) async fn write_last_seen(&self) -> Result<()> {
        let waiting = std::mem::take(&mut *self.last_seen.waiting.lock());
        if waiting.is_empty() {
            return Ok(());
        }
        let seen: Vec<LastSeen> = waiting.into_values().collect();
        for some in seen.chunks(TOGETHER) {
            let some = some.to_vec();
            self.store.write(move |tx| devices::note_seen(tx, &some)).await?;
        }
        Ok(())
    }
}
