//! Events of the room by id, whether stored or new in this chain.

use std::{collections::HashMap, sync::Arc};

use events::Pdu;
use ruma::{EventId, OwnedEventId};
use store::rooms::{EventFlags, EventRow, event_nids};

use crate::{
    Error, Result,
    cache::event_id,
    lane::{At, chain::Building},
};

/// An event that the room has.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    pub row: Arc<EventRow>,
    pub at: At,
}

impl Known {
    /// Whether it has these flags.
    pub fn has(&self, flags: EventFlags) -> bool {
        EventFlags(self.row.flags).has(flags)
    }

    /// Whether it came as history, or has no place at all.
    pub fn is_late(&self) -> bool {
        matches!(self.at, At::Stored(position) if position < 0)
    }

    /// Whether it is part of the room as clients see it.
    pub fn is_visible(&self) -> bool {
        EventFlags(self.row.flags).is_visible()
    }
}

impl Building<'_> {
    /// The events of these ids, as far as the room has them.
    pub(crate) fn known<'i>(
        &mut self,
        ids: impl IntoIterator<Item = &'i EventId>,
    ) -> Result<HashMap<OwnedEventId, Known>> {
        let mut known = HashMap::new();
        let mut wanted = Vec::new();
        for id in ids {
            match self.ids.get(id).and_then(|index| Some((*index, self.append.events.get(*index)?))) {
                Some((index, row)) => {
                    known.insert(id.to_owned(), Known { row: row.clone(), at: At::New(index) });
                }
                None => wanted.push(id.to_string()),
            }
        }
        wanted.sort_unstable();
        wanted.dedup();
        if !wanted.is_empty() {
            let (room, conn) = (self.head.room.nid, self.nodes.conn());
            let nids: Vec<i64> = event_nids(conn, room, &wanted)?.into_iter().map(|(_, nid)| nid).collect();
            for event in self.rooms.inner.events.stored(conn, &nids)? {
                let id = event_id(&event.event_id)?;
                known.insert(id, Known { at: At::Stored(event.position), row: event.row });
            }
        }
        Ok(known)
    }

    /// Such an event, parsed.
    pub(crate) fn known_pdu(&mut self, known: &Known) -> Result<Pdu> {
        if let (At::New(_), None) = (known.at, self.pdus.get(&known.row.nid)) {
            let rejected = known.has(EventFlags::REJECTED);
            return Ok(Pdu::from_stored(
                known.row.json.as_str(),
                event_id(&known.row.event_id)?,
                self.head.rules,
                rejected,
            )?);
        }
        self.pdu(known.row.nid)
    }

    /// The event of this number, whether stored or new.
    pub(crate) fn pdu(&mut self, nid: i64) -> Result<Pdu> {
        match self.pdus.get(&nid) {
            Some(pdu) => Ok(pdu.clone()),
            None => self.rooms.inner.events.pdu(self.nodes.conn(), nid, self.head.rules),
        }
    }

    /// Many at once: one query for those that are not cached.
    pub(crate) fn pdu_map(&mut self, nids: &[i64]) -> Result<HashMap<i64, Pdu>> {
        let stored: Vec<i64> = nids.iter().copied().filter(|nid| !self.pdus.contains_key(nid)).collect();
        let mut found = HashMap::with_capacity(nids.len());
        for event in self.rooms.inner.events.stored(self.nodes.conn(), &stored)? {
            found.insert(event.nid, crate::parse(&event, self.head.rules)?);
        }
        found.extend(nids.iter().filter_map(|nid| Some((*nid, self.pdus.get(nid)?.clone()))));
        match nids.iter().find(|nid| !found.contains_key(nid)) {
            Some(missing) => Err(Error::Internal(format!("event number {missing} is missing"))),
            None => Ok(found),
        }
    }
}
