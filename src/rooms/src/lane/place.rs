//! A checked event becomes a row, and the room's head moves.

use std::{collections::HashSet, sync::Arc};

use events::Pdu;
use ruma::events::TimelineEventType;
use store::{
    rooms::{EventFlags, EventRow},
    state,
};

use crate::{
    Result,
    lane::{Numbered, Origin, chain::Building, head::Extremity},
    relations::relation,
};

/// Where a new event stands among those that are here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stand {
    /// Nothing comes after it.
    End,
    /// Others come after it that were here before it. It is new all the same.
    Behind,
    /// It is history: nobody is told of it, and the room stays as it is.
    Past,
}

/// An event whose place in the room is clear.
pub(crate) struct NewEvent<'e> {
    /// The event.
    pub pdu: &'e Pdu,
    /// Its number, if it was an outlier until now.
    pub nid: Option<i64>,
    /// Where it stands.
    pub stand: Stand,
    /// Root of the state before it.
    pub state_before: i64,
    /// What the checks have said.
    pub flags: EventFlags,
    /// Numbers of the events that are no extremities any more, now that this one comes after them.
    pub passed: HashSet<i64>,
    /// Its auth events; none of a rejected one.
    pub auth_events: &'e [Numbered],
    /// The request that made it, if one of ours.
    pub origin: Option<&'e Origin>,
    /// The number of a redaction that was here before it, and what that leaves of it.
    pub redacted: Option<(i64, String)>,
}

impl Building<'_> {
    /// Makes the row, moves the head, and notes what follows for state, members and the auth chain index; says which
    /// index the event has among the new ones. Changes nothing if it fails.
    pub(crate) fn place(&mut self, event: NewEvent<'_>) -> Result<usize> {
        let pdu = event.pdu;
        let notified = self.notified(&event)?;
        let nid = event.nid.unwrap_or_else(|| self.rooms.inner.store.next_nid());
        let accepted = !event.flags.has(EventFlags::REJECTED);
        let (mut state_after, mut replaces, mut own_key) = (event.state_before, None, None);
        if let Some(state_key) = pdu.state_key().filter(|_| accepted) {
            let key = self.rooms.intern_state_key(self.nodes.conn(), &pdu.event_type().to_string(), state_key)?;
            replaces = state::get(&mut self.nodes, event.state_before, key)?;
            state_after = state::set(&mut self.nodes, event.state_before, &[(key, nid)])?;
            own_key = Some((key, replaces));
        }
        if pdu.state_key().is_some() {
            // The rules have seen what a redacted event said; nobody else does.
            let kept = match &event.redacted {
                Some((_, json)) => {
                    Pdu::from_stored(json.as_str(), pdu.event_id().to_owned(), self.head.rules, !accepted)?
                }
                None => pdu.with_rejected(!accepted),
            };
            self.pdus.insert(nid, kept);
        }
        let index = self.append.events.len();
        let (links, chains) = (self.append.auth_chain_links.len(), self.append.auth_chains.len());
        if own_key.is_some() {
            let place = self.auth_chain_place(nid, pdu, event.auth_events)?;
            place.into_iter().for_each(|place| self.index_auth_chain(place));
        }
        let (event_id, depth) = (pdu.event_id().to_owned(), pdu.depth().max(0));
        if event.flags.is_visible() {
            let extremity = Extremity { nid, event_id: event_id.clone(), depth, state: state_after };
            // The index has the event already: it takes part in the resolution.
            let advance = match event.stand {
                Stand::End => self.advance(index, extremity, &event.passed, event.state_before, own_key).map(Some),
                Stand::Behind => self.catch_up(index, &event.passed).map(Some),
                Stand::Past => self.drop_passed(&event.passed).map(|()| None),
            };
            let advance = advance.inspect_err(|_| {
                self.append.auth_chain_links.truncate(links);
                self.append.auth_chains.truncate(chains);
                self.chains.forget(&self.append.auth_chains);
            });
            advance?.into_iter().for_each(|advance| self.apply(advance));
        }
        // Nothing fails from here on.
        if *pdu.event_type() == TimelineEventType::RoomCreate && self.head.room.room_id.is_empty() {
            self.head.room.room_id = pdu.room_id().to_string();
        }
        let (redacted_by, json) = match event.redacted {
            Some((by, json)) => (Some(by), json),
            None => (None, pdu.json().to_owned()),
        };
        let counted = self.count(notified, pdu.sender(), nid, index);
        self.ids.insert(event_id, index);
        self.append.placed.extend(event.nid.map(|_| index));
        if event.flags.is_visible() && redacted_by.is_none() {
            self.append.relations.extend(relation(pdu, index));
        }
        self.append.events.push(Arc::new(EventRow {
            nid,
            room: self.head.room.nid,
            depth,
            origin_server_ts: pdu.origin_server_ts().get().into(),
            event_id: pdu.event_id().to_string(),
            event_type: pdu.event_type().to_string(),
            sender: pdu.sender().to_string(),
            state_key: pdu.state_key().map(str::to_owned),
            replaces,
            state_before: event.state_before,
            state_after,
            flags: event.flags.0,
            redacted_by,
            device_id: event.origin.map(|origin| origin.device_id.to_string()),
            txn_id: event.origin.map(|origin| origin.txn_id.clone()),
            json,
            counted,
        }));
        Ok(index)
    }
    /// Has a new event sent to the other servers of the room, if there are any.
    pub(crate) fn goes_out(&mut self, index: usize) {
        if self.head.shared && !self.append.outgoing.contains(&index) {
            self.append.outgoing.push(index);
        }
    }
}
