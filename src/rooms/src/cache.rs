//! Events that were used lately.

use std::{collections::HashMap, sync::Arc};

use events::Pdu;
use quick_cache::{Weighter, sync::Cache};
use ruma::{EventId, OwnedEventId, room_version_rules::RoomVersionRules};
use store::{
    Committed, Conn, Observer,
    rooms::{EventFlags, StoredEvent, events_by_nid},
};

use crate::{Error, Result};

/// How many redactions are remembered: more than happen while any snapshot is open.
const REDACTED: usize = 10_000;

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

/// Events by number: as stored, and parsed for the auth rules. Follows the store, so a redaction is seen at once.
pub struct EventCache {
    stored: Cache<i64, StoredEvent, Bytes>,
    parsed: Cache<i64, Pdu, Bytes>,
    /// Events that were redacted lately. A snapshot that began before may still read what they said: that is not kept.
    redacted: Cache<i64, ()>,
}

impl EventCache {
    /// A cache of about this many bytes.
    pub fn new(bytes: u64) -> Arc<Self> {
        let items = (bytes / 2_000).max(16) as usize;
        Arc::new(Self {
            stored: Cache::with_weighter(items, bytes / 2, Bytes),
            parsed: Cache::with_weighter(items, bytes / 2, Bytes),
            redacted: Cache::new(REDACTED),
        })
    }

    /// The events of these numbers, in no order; what is not cached is read on this connection.
    pub fn stored(&self, conn: &mut Conn, nids: &[i64]) -> Result<Vec<StoredEvent>> {
        let mut found = Vec::with_capacity(nids.len());
        let mut wanted = Vec::new();
        for nid in nids {
            match self.stored.get(nid) {
                Some(event) => found.push(event),
                None => wanted.push(*nid),
            }
        }
        if !wanted.is_empty() {
            let events = events_by_nid(conn, &wanted)?;
            events.iter().for_each(|event| self.keep_stored(event));
            found.extend(events);
        }
        Ok(found)
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
        self.parsed.insert(nid, pdu.clone());
        if self.is_outdated(&event) {
            self.parsed.remove(&nid);
        }
        Ok(pdu)
    }

    fn keep_stored(&self, event: &StoredEvent) {
        self.stored.insert(event.nid, event.clone());
        // Asked afterwards: a redaction that comes now finds the event in the cache and takes it out itself.
        if self.is_outdated(event) {
            self.stored.remove(&event.nid);
        }
    }

    fn is_outdated(&self, event: &StoredEvent) -> bool {
        event.redacted_by.is_none() && self.redacted.get(&event.nid).is_some()
    }

    /// Keeps what a lane has just built, once it is committed.
    pub(crate) fn keep(&self, nid: i64, pdu: Pdu) {
        self.parsed.insert(nid, pdu);
    }
}

impl Observer for EventCache {
    fn committed(&self, committed: &Committed) {
        for (_, event) in &committed.redacted {
            self.redacted.insert(*event, ());
        }
        for (position, row) in &committed.events {
            self.stored.insert(row.nid, StoredEvent { position: *position, row: row.clone() });
        }
        for (_, event) in &committed.redacted {
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
