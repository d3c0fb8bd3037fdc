//! Outliers: events that are known without their place in the room, because others name them as auth events.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use events::{Pdu, VerifiedPdu, order};
use ruma::OwnedEventId;
use store::rooms::{EventCounts, EventFlags, EventRow, NO_DEPTH, redactions_of};

use crate::{
    Result,
    lane::{At, Building, Known, Placed},
    receive::{Missing, Reception, Verdict, auth_events, reject},
};

/// How many can be added at once: more than the auth chain of any room we know.
pub(super) const MOST: usize = 200_000;

/// Flags of an outlier that was rejected.
const REJECTED_OUTLIER: EventFlags = EventFlags(EventFlags::OUTLIER.0 | EventFlags::REJECTED.0);

impl Building<'_> {
    /// Checks events by their auth events (step 4) and stores them as outliers; the answers are in the order of the
    /// events.
    pub(crate) fn outliers(&mut self, events: &[VerifiedPdu]) -> Result<Vec<Reception>> {
        let before = self.mark();
        let pdus: Vec<Pdu> = events.iter().map(|event| event.pdu().clone()).collect();
        let added = self.add_outliers(&pdus);
        if added.is_err() {
            self.undo(before);
        }
        added
    }

    /// The same for who undoes it all if it fails.
    pub(super) fn add_outliers(&mut self, pdus: &[Pdu]) -> Result<Vec<Reception>> {
        let create = pdus.first().and_then(|pdu| auth_events::create_id(self.head.rules, pdu.room_id()));
        let ids = pdus.iter().flat_map(|pdu| pdu.auth_events().iter().map(|id| &**id).chain([pdu.event_id()]));
        let mut known = self.known(ids.chain(create.as_deref()))?;
        let ids: Vec<String> = pdus.iter().map(|pdu| pdu.event_id().to_string()).collect();
        let redacted = redactions_of(self.nodes.conn(), self.head.room.nid, &ids)?;
        let redacted: HashSet<String> = redacted.into_iter().map(|(id, _)| id).collect();
        self.load_places(&known.values().map(|known| known.row.nid).collect::<Vec<_>>())?;
        let mut receptions: HashMap<OwnedEventId, Reception> = HashMap::new();
        for pdu in order::topological(pdus, order::Edges::Auth) {
            let reception = match known.get(pdu.event_id()) {
                Some(same) => Reception::again(&pdu, same),
                None => self.add_outlier(&pdu, &mut known, &redacted)?,
            };
            receptions.insert(pdu.event_id().to_owned(), reception);
        }
        // A repeated event is answered as one that is here already.
        let answer = |pdu: &Pdu| match receptions.remove(pdu.event_id()) {
            Some(reception) => Some(reception),
            None => known.get(pdu.event_id()).map(|known| Reception::again(pdu, known)),
        };
        Ok(pdus.iter().filter_map(answer).collect())
    }

    fn add_outlier(
        &mut self,
        pdu: &Pdu,
        known: &mut HashMap<OwnedEventId, Known>,
        redacted: &HashSet<String>,
    ) -> Result<Reception> {
        let auth_events: Vec<OwnedEventId> =
            pdu.auth_events().iter().filter(|id| !known.contains_key(*id)).cloned().collect();
        if !auth_events.is_empty() {
            return Ok(Reception::Missing(Missing { prev_events: Vec::new(), auth_events }));
        }
        let auth_events = self.auth_events(pdu, known)?;
        let verdict = match auth_events.check(self.head.rules, pdu) {
            Ok(()) => Verdict::Accepted,
            Err(error) => Verdict::Rejected(format!("by its auth events: {error}")),
        };
        reject::log(pdu, &verdict);
        let rejected = matches!(verdict, Verdict::Rejected(_));
        let nid = self.rooms.inner.store.next_nid();
        if pdu.state_key().is_some() && !rejected {
            let place = self.auth_chain_place(nid, pdu, &auth_events.into_numbered())?;
            place.into_iter().for_each(|place| self.index_auth_chain(place));
        }
        let flags = if rejected { REJECTED_OUTLIER } else { EventFlags::OUTLIER };
        let redacted = match redacted.contains(pdu.event_id().as_str()) {
            true => self.redacted_before(pdu)?,
            false => None,
        };
        let index = self.push_outlier(nid, pdu, flags, redacted)?;
        if let Some(row) = self.append.events.get(index) {
            known.insert(pdu.event_id().to_owned(), Known { row: row.clone(), at: At::New(index) });
        }
        let (event_id, room_id) = (pdu.event_id().to_owned(), pdu.room_id().to_owned());
        Ok(Reception::Placed(Placed { event_id, room_id, at: At::New(index) }, verdict))
    }

    fn push_outlier(
        &mut self,
        nid: i64,
        pdu: &Pdu,
        flags: EventFlags,
        redacted: Option<(i64, String)>,
    ) -> Result<usize> {
        let (id, rejected) = (pdu.event_id().to_owned(), flags.has(EventFlags::REJECTED));
        let (redacted_by, json, kept) = match redacted {
            Some((by, json)) => {
                let kept = Pdu::from_stored(json.as_str(), id.clone(), self.head.rules, rejected)?;
                (Some(by), json, kept)
            }
            None => (None, pdu.json().to_owned(), pdu.with_rejected(rejected)),
        };
        self.pdus.insert(nid, kept);
        let index = self.append.events.len();
        self.ids.insert(id, index);
        self.append.events.push(Arc::new(EventRow {
            nid,
            room: self.head.room.nid,
            depth: NO_DEPTH,
            origin_server_ts: pdu.origin_server_ts().get().into(),
            event_id: pdu.event_id().to_string(),
            event_type: pdu.event_type().to_string(),
            sender: pdu.sender().to_string(),
            state_key: pdu.state_key().map(str::to_owned),
            replaces: None,
            state_before: 0,
            state_after: 0,
            flags: flags.0,
            redacted_by,
            device_id: None,
            txn_id: None,
            json,
            counted: EventCounts::default(),
        }));
        Ok(index)
    }
}
