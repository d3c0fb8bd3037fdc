//! Events that were used lately.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

use events::Pdu;
use parking_lot::Mutex;
use quick_cache::{Weighter, sync::Cache};
use ruma::{EventId, OwnedEventId, room_version_rules::RoomVersionRules};
use store::{
    Committed, Conn, Observer,
    rooms::{EventFlags, StoredEvent, events_by_nid},
};

use crate::{Error, Result, user_rules::RuleCache};

/// How many changed events are remembered, some 50 bytes each: more than change while any snapshot is open.
const CHANGED: usize = 10_000;

#[derive(Clone)]
struct Bytes;
impl Weighter<i64, StoredEvent> for Bytes {
    fn weight(&self, _: &i64, event: &StoredEvent) -> u64 {
        300 + event.json.len() as u64
    }
}
impl Weighter<i64, Pdu> for Bytes {
    fn weight(&self, _: &i64, pdu: &Pdu) -> u64 {
        500 + pdu.json().len() as u64
    }
}

/// Events by number: as stored, and parsed for the auth rules. Follows the store: a redaction is seen at once, and so is
/// that an outlier gets its place, or that others relate to an event.
pub struct EventCache {
    stored: Cache<i64, StoredEvent, Bytes>,
    parsed: Cache<i64, Pdu, Bytes>,
    changed: Mutex<Changed>,
    rules: RuleCache,
}

/// The events that changed lately. A snapshot that began before may still read them as they were: that is not kept.
/// Whoever reads knows nothing of when that began, so what is read is compared with what must be in it.
#[derive(Default)]
struct Changed {
    events: HashMap<i64, Change>,
    /// Their numbers, oldest first.
    order: VecDeque<i64>,
}

#[derive(Clone, Copy, Default)]
struct Change {
    redacted: bool,
    /// The flags, if they are others now.
    flags: Option<EventFlags>,
}

impl Changed {
    fn note(&mut self, event: i64, change: impl FnOnce(&mut Change)) {
        if !self.events.contains_key(&event) {
            if self.order.len() == CHANGED
                && let Some(oldest) = self.order.pop_front()
            {
                self.events.remove(&oldest);
            }
            self.order.push_back(event);
        }
        change(self.events.entry(event).or_default());
    }

    /// Whether this was read before the event changed.
    fn is_outdated(&self, event: &StoredEvent) -> bool {
        self.events.get(&event.nid).is_some_and(|change| {
            change.redacted && event.redacted_by.is_none()
                || change.flags.is_some_and(|flags| flags != EventFlags(event.flags))
        })
    }
}

impl EventCache {
    /// A cache of about this many bytes.
    pub fn new(bytes: u64) -> Arc<Self> {
        let items = (bytes / 2_000).max(16) as usize;
        Arc::new(Self {
            stored: Cache::with_weighter(items, bytes / 2, Bytes),
            parsed: Cache::with_weighter(items, bytes / 2, Bytes),
            changed: Mutex::default(),
            rules: RuleCache::default(),
        })
    }

    /// The events of these numbers, in their order; what is not cached is read on this connection.
    pub fn stored(&self, conn: &mut Conn, nids: &[i64]) -> Result<Vec<StoredEvent>> {
        let mut found: Vec<Option<StoredEvent>> = nids.iter().map(|nid| self.stored.get(nid)).collect();
        let wanted: Vec<i64> =
            nids.iter().zip(&found).filter(|(_, event)| event.is_none()).map(|(nid, _)| *nid).collect();
        if !wanted.is_empty() {
            let events = events_by_nid(conn, &wanted)?;
            self.keep_stored(&events);
            let mut read: HashMap<i64, StoredEvent> = events.into_iter().map(|event| (event.nid, event)).collect();
            for (nid, event) in nids.iter().zip(&mut found).filter(|(_, event)| event.is_none()) {
                *event = read.remove(nid);
            }
        }
        Ok(found.into_iter().flatten().collect())
    }

    /// The same by number.
    pub fn stored_map(&self, conn: &mut Conn, nids: &[i64]) -> Result<HashMap<i64, StoredEvent>> {
        Ok(self.stored(conn, nids)?.into_iter().map(|event| (event.nid, event)).collect())
    }

    /// One event by its number.
    ///
    /// # Errors
    /// [`Error::Internal`] where it is not there: numbers come from our own rows.
    pub fn one(&self, conn: &mut Conn, nid: i64) -> Result<StoredEvent> {
        self.stored(conn, &[nid])?.pop().ok_or_else(|| Error::Internal(format!("event number {nid} is missing")))
    }

    /// One event by its number, parsed.
    pub fn pdu(&self, conn: &mut Conn, nid: i64, rules: &RoomVersionRules) -> Result<Pdu> {
        if let Some(pdu) = self.parsed.get(&nid) {
            return Ok(pdu);
        }
        let event = self.one(conn, nid)?;
        let pdu = parse(&event, rules)?;
        let changed = self.changed.lock();
        if !changed.is_outdated(&event) {
            self.parsed.insert(nid, pdu.clone());
        }
        Ok(pdu)
    }

    fn keep_stored(&self, events: &[StoredEvent]) {
        let changed = self.changed.lock();
        for event in events.iter().filter(|event| !changed.is_outdated(event)) {
            self.stored.insert(event.nid, event.clone());
        }
    }

    /// The push rules of users, which follow the same commits.
    pub(crate) fn rules(&self) -> &RuleCache {
        &self.rules
    }

    /// Keeps what a lane has just built, once it is committed.
    pub(crate) fn keep(&self, nid: i64, pdu: Pdu) {
        self.parsed.insert(nid, pdu);
    }
}

impl Observer for EventCache {
    fn committed(&self, committed: &Committed) {
        self.rules.committed(committed);
        // Held to the end: what is read meanwhile is compared only afterwards.
        let mut changed = self.changed.lock();
        for (position, row) in &committed.events {
            self.stored.insert(row.nid, StoredEvent { position: *position, row: row.clone() });
        }
        for (event, flags) in &committed.flagged {
            changed.note(*event, |change| change.flags = Some(*flags));
            self.stored.remove(event);
            self.parsed.remove(event);
        }
        for (_, event) in &committed.redacted {
            changed.note(*event, |change| change.redacted = true);
            self.stored.remove(event);
            self.parsed.remove(event);
        }
    }
}

/// Parses a stored event for the auth rules.
pub fn parse(event: &StoredEvent, rules: &RoomVersionRules) -> Result<Pdu> {
    let rejected = EventFlags(event.flags).has(EventFlags::REJECTED);
    Ok(Pdu::from_stored(event.json.as_str(), event_id(&event.event_id)?, rules, rejected)?)
}

/// The typed form of a stored event id.
pub fn event_id(text: &str) -> Result<OwnedEventId> {
    EventId::parse(text).map_err(|_| Error::Internal(format!("stored event id {text:?}")))
}
