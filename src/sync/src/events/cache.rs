//! The cache of events in client form, and what one answer has taken out of it.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    hash::{BuildHasherDefault, Hasher},
    sync::Arc,
};

use parking_lot::Mutex;
use quick_cache::{Weighter, sync::Cache};
use rooms::Rooms;
use store::{Committed, rooms::RoomRow};

use super::ClientEvent;
use crate::{Error, Result, compute::Database};

#[derive(Clone)]
struct Bytes;
impl Weighter<i64, Arc<ClientEvent>> for Bytes {
    fn weight(&self, _: &i64, event: &Arc<ClientEvent>) -> u64 {
        event.weight()
    }
}

/// Events in client form that were used lately. Follows the store: an event that is redacted goes, and so does one that
/// was known without its place in the room and now gets it, or to which others begin to relate.
pub(crate) struct ClientEvents {
    events: Cache<i64, Arc<ClientEvent>, Bytes>,
    changed: Mutex<Changed>,
}

/// The events that commits wrote or redacted lately. A snapshot from before may still show them as they were.
#[derive(Default)]
struct Changed {
    /// Their numbers, oldest first.
    nids: VecDeque<i64>,
    /// How many there have ever been.
    count: u64,
}

/// A moment: what changes after it is not kept as a snapshot shows it that was opened later.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Moment(u64);

/// How many changed events are remembered, 8 bytes each. An answer during which there are more of them keeps nothing.
const CHANGED: usize = 8_192;

impl ClientEvents {
    /// A cache of about this many bytes.
    pub fn new(bytes: u64) -> Self {
        let items = usize::try_from(bytes / 900).unwrap_or(usize::MAX).max(64);
        Self { events: Cache::with_weighter(items, bytes, Bytes), changed: Mutex::default() }
    }

    /// The moment of now. It must be taken before the snapshot is opened from which events are loaded.
    pub fn moment(&self) -> Moment {
        Moment(self.changed.lock().count)
    }

    /// Takes note of a commit.
    pub fn committed(&self, committed: &Committed) {
        let written = committed.events.iter().map(|(_, event)| event.nid);
        let redacted = committed.redacted.iter().map(|(_, event)| *event);
        let flagged = committed.flagged.iter().map(|(event, _)| *event);
        let mut changed = self.changed.lock();
        for nid in written.chain(redacted).chain(flagged) {
            changed.note(nid);
            self.events.remove(&nid);
        }
    }

    /// Keeps those that have not changed since.
    fn keep(&self, events: &[Arc<ClientEvent>], since: Moment) {
        let changed = self.changed.lock();
        let Some(outdated) = changed.since(since) else { return };
        for event in events.iter().filter(|event| !outdated.contains(&event.nid)) {
            self.events.insert(event.nid, event.clone());
        }
    }
}

impl Changed {
    fn note(&mut self, nid: i64) {
        if self.nids.len() == CHANGED {
            self.nids.pop_front();
        }
        self.nids.push_back(nid);
        self.count += 1;
    }

    /// What has changed since a moment, if all of it is remembered.
    fn since(&self, moment: Moment) -> Option<HashSet<i64>> {
        let count = usize::try_from(self.count.saturating_sub(moment.0)).ok()?;
        (count <= self.nids.len()).then(|| self.nids.iter().rev().take(count).copied().collect())
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
pub(crate) struct Loaded {
    /// A moment before its snapshot.
    before: Moment,
    events: HashMap<i64, Arc<ClientEvent>, BuildHasherDefault<NidHasher>>,
}

impl Loaded {
    /// None yet.
    ///
    /// * `before`: a moment before the snapshot from which they will be loaded.
    pub fn new(before: Moment) -> Self {
        Self { before, events: HashMap::default() }
    }

    /// An event that was loaded.
    pub fn get(&self, nid: i64) -> Option<&Arc<ClientEvent>> {
        self.events.get(&nid)
    }

    /// Loads the events of these numbers that are not here yet.
    ///
    /// * `rooms_of`: the rooms to which they belong.
    pub fn load(
        &mut self,
        conn: &mut Database<'_>,
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
        let mut read = Vec::with_capacity(wanted.len());
        for stored in rooms.events().stored(conn.open()?, &wanted)? {
            let room = rooms_of.get(&stored.room).ok_or_else(|| Error::Internal("an event of another room".into()))?;
            read.push(Arc::new(ClientEvent::new(&stored, rooms::rules_of(room)?)?));
        }
        cache.keep(&read, self.before);
        self.events.extend(read.into_iter().map(|event| (event.nid, event)));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changed_since_a_moment_is_known() {
        let mut changed = Changed::default();
        let start = Moment(changed.count);
        assert_eq!(changed.since(start), Some(HashSet::new()));
        (1..=10).for_each(|nid| changed.note(nid));
        let later = Moment(changed.count);
        (11..=12).for_each(|nid| changed.note(nid));
        assert_eq!(changed.since(later), Some(HashSet::from([11, 12])));
        assert_eq!(changed.since(start).unwrap().len(), 12);
        (0..CHANGED as i64).for_each(|nid| changed.note(nid));
        assert_eq!(changed.since(later), None, "more than are remembered");
    }
}
