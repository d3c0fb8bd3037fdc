//! The cache of events in client form, and what one answer has taken out of it.

use std::{
    collections::{HashMap, VecDeque},
    hash::{BuildHasherDefault, Hasher},
    sync::Arc,
};

use parking_lot::Mutex;
use quick_cache::{Weighter, sync::Cache};
use rooms::Rooms;
use store::{Committed, Conn, rooms::RoomRow};

use super::ClientEvent;
use crate::{Error, Result};

#[derive(Clone)]
struct Bytes;
impl Weighter<i64, Arc<ClientEvent>> for Bytes {
    fn weight(&self, _: &i64, event: &Arc<ClientEvent>) -> u64 {
        event.weight()
    }
}

/// Events in client form that were used lately. Follows the store: an event that is redacted goes.
pub(crate) struct ClientEvents {
    events: Cache<i64, Arc<ClientEvent>, Bytes>,
    /// What was redacted lately. A snapshot from before may still show its contents: they are not kept.
    redacted: Mutex<VecDeque<i64>>,
}

/// How many redactions are remembered: more than happen while one answer is made.
const REDACTIONS: usize = 4_096;

impl ClientEvents {
    /// A cache of about this many bytes.
    pub fn new(bytes: u64) -> Self {
        let items = usize::try_from(bytes / 900).unwrap_or(usize::MAX).max(64);
        Self { events: Cache::with_weighter(items, bytes, Bytes), redacted: Mutex::default() }
    }

    /// Takes note of a commit.
    pub fn committed(&self, committed: &Committed) {
        if committed.redacted.is_empty() {
            return;
        }
        let mut redacted = self.redacted.lock();
        for (_, event) in &committed.redacted {
            if redacted.len() == REDACTIONS {
                redacted.pop_front();
            }
            redacted.push_back(*event);
            self.events.remove(event);
        }
    }

    fn keep(&self, event: &Arc<ClientEvent>) {
        let redacted = self.redacted.lock();
        if event.redacted_by.is_some() || !redacted.contains(&event.nid) {
            self.events.insert(event.nid, event.clone());
        }
    }
}

/// Numbers are dense: they need no strong hash.
#[derive(Default)]
pub(crate) struct NidHasher(u64);
impl Hasher for NidHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_i64(&mut self, number: i64) {
        self.0 = number.cast_unsigned().wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(20);
    }
}

/// The events of one answer, by number.
#[derive(Default)]
pub(crate) struct Loaded {
    events: HashMap<i64, Arc<ClientEvent>, BuildHasherDefault<NidHasher>>,
}

impl Loaded {
    /// An event that was loaded.
    pub fn get(&self, nid: i64) -> Option<&Arc<ClientEvent>> {
        self.events.get(&nid)
    }

    /// Loads the events of these numbers that are not here yet.
    ///
    /// * `rooms_of`: the rooms to which they belong.
    pub fn load(
        &mut self,
        conn: &mut Conn,
        cache: &ClientEvents,
        rooms: &Rooms,
        rooms_of: &HashMap<i64, RoomRow>,
        nids: impl IntoIterator<Item = i64>,
    ) -> Result<()> {
        let mut wanted = Vec::new();
        for nid in nids {
            if self.events.contains_key(&nid) {
                continue;
            }
            match cache.events.get(&nid) {
                Some(event) => {
                    self.events.insert(nid, event);
                }
                None => wanted.push(nid),
            }
        }
        if wanted.is_empty() {
            return Ok(());
        }
        wanted.sort_unstable();
        wanted.dedup();
        for stored in rooms.events().stored(conn, &wanted)? {
            let room = rooms_of.get(&stored.room).ok_or_else(|| Error::Internal("an event of another room".into()))?;
            let event = Arc::new(ClientEvent::new(&stored, rooms::rules_of(room)?)?);
            cache.keep(&event);
            self.events.insert(event.nid, event);
        }
        Ok(())
    }
}
