//! One event of another server, through all the steps, whatever the way by which it comes.

use std::collections::{HashMap, HashSet};

use events::{Pdu, VerifiedPdu};
use ruma::{OwnedEventId, events::StateEventType};
use store::rooms::EventFlags;

use crate::{
    Error, Result,
    lane::{At, Building, Known, NewEvent, Placed, Stand},
    policy::Unasked,
    receive::{Missing, Reception, Verdict, auth_events, redaction, reject},
};

/// How an event comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// Sent to us as it happens.
    Sent,
    /// The join by which a room is entered: what was here before is over.
    Entry,
    /// As history. `named`: whether other history comes after it.
    Past { named: bool },
}

/// An event on its way, and what was found of what it builds on.
struct Incoming<'e> {
    pdu: &'e Pdu,
    way: Way,
    known: HashMap<OwnedEventId, Known>,
    /// Root of the state before it as another server tells it.
    told: Option<i64>,
    /// Previous events that have no place here.
    missing: Vec<OwnedEventId>,
}

impl Building<'_> {
    /// Checks an event and puts it into the room. Nothing, if it must wait for the next chain. Changes nothing if it
    /// fails.
    ///
    /// * `told`: the ids of the state before it, which count if not all of its previous events are here.
    pub(crate) fn receive(
        &mut self,
        received: &VerifiedPdu,
        told: Option<&[OwnedEventId]>,
    ) -> Result<Option<Reception>> {
        let rules = self.head.rules;
        self.take_in(received.pdu(), Way::Sent, told).map_err(|error| match error {
            Error::Unrecommended(server) => {
                Error::Unasked(Box::new(Unasked { server: *server, event: received.clone(), rules }))
            }
            error => error,
        })
    }

    /// The same by any way.
    pub(super) fn take_in(&mut self, pdu: &Pdu, way: Way, told: Option<&[OwnedEventId]>) -> Result<Option<Reception>> {
        // A room that is entered has one state, and it is our user who wants it.
        if way != Way::Entry {
            self.let_pay(pdu.sender().server_name());
        }
        let taken = self.take_in_as(pdu, way, told);
        let was_costly = self.let_nobody_pay();
        if way == Way::Sent
            && matches!(taken, Ok(Some(Reception::Placed(Placed { at: At::New(_), .. }, Verdict::Accepted))))
        {
            self.collapse(was_costly);
        }
        taken
    }

    fn take_in_as(&mut self, pdu: &Pdu, way: Way, told: Option<&[OwnedEventId]>) -> Result<Option<Reception>> {
        if self.redaction_waits(pdu) {
            return Ok(None);
        }
        let create = auth_events::create_id(self.head.rules, pdu.room_id());
        let named = pdu.auth_events().iter().chain(pdu.prev_events()).chain(&create);
        let known = self.known(named.map(|id| &**id).chain([pdu.event_id()]))?;
        match known.get(pdu.event_id()) {
            Some(same) if !same.has(EventFlags::OUTLIER) => return Ok(Some(Reception::again(pdu, same))),
            // What this chain empties can be placed only once it is empty.
            Some(same) if self.append.redactions.iter().any(|row| row.target == same.row.nid) => return Ok(None),
            _ => {}
        }
        let missing = Missing::of(pdu, &known).unwrap_or_default();
        if !missing.auth_events.is_empty() || (!missing.prev_events.is_empty() && told.is_none()) {
            return Ok(Some(Reception::Missing(missing)));
        }
        let mut incoming = Incoming { pdu, way, known, told: None, missing: missing.prev_events };
        if let Some(ids) = told.filter(|_| !incoming.missing.is_empty() || way == Way::Entry) {
            match self.told_state(ids)? {
                Ok(root) => incoming.told = Some(root),
                Err(auth_events) => {
                    return Ok(Some(Reception::Missing(Missing { auth_events, ..Missing::default() })));
                }
            }
        }
        self.judge_and_place(&incoming).map(Some)
    }

    fn judge_and_place(&mut self, incoming: &Incoming<'_>) -> Result<Reception> {
        let Incoming { pdu, way, known, told, missing } = incoming;
        let pdu = *pdu;
        let outlier = known.get(pdu.event_id()).map(|outlier| outlier.row.clone());
        if let Some(outlier) = &outlier {
            self.load_places(&[outlier.nid])?;
        }
        let auth_events = self.auth_events(pdu, known)?;
        let here = pdu.prev_events().iter().filter_map(|id| known.get(id));
        let prev_events: Vec<_> = here.filter(|event| !event.has(EventFlags::OUTLIER)).collect();
        let state_before = match (told, way) {
            (Some(root), Way::Entry) => *root,
            _ => self.state_before(&prev_events, *told)?,
        };
        let followed = self.is_followed(pdu.event_id())?;
        let passed = match way {
            Way::Entry => self.head.extremities.iter().map(|extremity| extremity.nid).collect(),
            // What nothing comes after shows nothing of what others come after.
            Way::Past { named: false } if followed != Some(true) => HashSet::new(),
            _ => self.passed(&prev_events)?,
        };
        let after_gap = !missing.is_empty() || prev_events.iter().any(|event| event.is_late());
        let verdict = match self.verdict(pdu, &auth_events, state_before)? {
            Verdict::Accepted if *way == Way::Sent => {
                let reason = self.soft_fails(pdu, state_before, &passed, after_gap)?;
                reason.map_or(Verdict::Accepted, Verdict::SoftFailed)
            }
            verdict => verdict,
        };
        reject::log(pdu, &verdict);

        let redacted = match outlier.as_ref().and_then(|row| Some((row.redacted_by?, row.json.clone()))) {
            None => self.redacted_before(pdu)?,
            redacted => redacted,
        };
        let redaction = match verdict {
            Verdict::Accepted => self.redaction(pdu, state_before)?,
            _ => redaction::Effect::None,
        };
        let auth_events: Vec<_> = auth_events.into_numbered();
        let mut flags = verdict.flags().with(self.flags_of_children(pdu)?);
        if after_gap {
            flags = flags.with(EventFlags::AFTER_GAP);
        }
        let stand = match way {
            Way::Past { .. } => Stand::Past,
            Way::Sent if followed == Some(true) || self.is_beginning(pdu)? => Stand::Behind,
            _ => Stand::End,
        };
        let nid = outlier.map(|outlier| outlier.nid);
        let (auth_events, origin) = (&*auth_events, None);
        let index =
            self.place(NewEvent { pdu, nid, stand, state_before, flags, passed, auth_events, origin, redacted })?;
        self.note_gaps(pdu.event_id(), index, missing, followed.is_some());
        self.apply_redaction(redaction, index);
        let (event_id, room_id) = (pdu.event_id().to_owned(), pdu.room_id().to_owned());
        Ok(Reception::Placed(Placed { event_id, room_id, at: At::New(index) }, verdict))
    }

    /// Whether this is the event with which the room has begun, arriving late: everything comes after it.
    pub(super) fn is_beginning(&mut self, pdu: &Pdu) -> Result<bool> {
        if !pdu.prev_events().is_empty() {
            return Ok(false);
        }
        let create = self.create_event()?;
        Ok(create.is_some_and(|id| id == pdu.event_id()))
    }

    /// The id of the room's create event.
    pub(super) fn create_event(&mut self) -> Result<Option<OwnedEventId>> {
        let root = self.head.room.state;
        let create = self.state(root, &StateEventType::RoomCreate, "")?;
        Ok(create.map(|create| create.pdu.event_id().to_owned()))
    }
}
