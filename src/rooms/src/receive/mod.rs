//! Events of other servers: the checks on receipt of a PDU that depend on the room (server-server
//! §checks-performed-on-receipt-of-a-pdu, steps 4 to 6), one file for each step. Steps 1 to 3 are behind us: what
//! comes here is a [`VerifiedPdu`].

mod adopt;
mod auth_events;
mod collapse;
mod current_state;
mod gaps;
mod history;
mod outliers;
mod received;
mod redaction;
mod reject;
mod soft_fail;
mod state_before;
#[cfg(test)]
pub(crate) mod tests;

use events::VerifiedPdu;
use ruma::{OwnedEventId, RoomId};
use store::rooms::EventFlags;

pub use adopt::Adoption;
pub use gaps::Gap;
pub use received::{Missing, Received};

pub(crate) use auth_events::create_id;
pub(crate) use received::{Reception, Verdict};

use crate::{
    Error, Result, Rooms,
    lane::{At, Building, NewEvent, Placed, Work},
};

impl Rooms {
    /// Takes an event of another server into its room. It is stored and durable when this returns, unless something that
    /// it builds on is missing.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an unknown room, [`Error::InvalidParam`] for an event of another room, and what is our
    /// own fault. What the rules say of the event is no error but a part of the answer.
    pub async fn receive(&self, room_id: &RoomId, pdu: VerifiedPdu) -> Result<Received> {
        let room = self.room_of(room_id, std::slice::from_ref(&pdu)).await?;
        self.enqueue(room, None, |reply| Work::Receive(pdu, reply)).await
    }

    /// Takes an event of another server into its room whose previous events are not all here, with the state before it as
    /// another server tells it. What our own previous events say of that state counts, too, so nobody can undo by a told
    /// state what is here. Else it is as [`Rooms::receive`]; what is missing of history is in [`Rooms::gaps`] afterwards.
    ///
    /// * `state`: the ids of the events of the state. They must be here, as outliers at least.
    ///
    /// # Errors
    /// As for [`Rooms::receive`], and [`Error::InvalidParam`] where the events cannot be a state.
    pub async fn receive_at(&self, room_id: &RoomId, pdu: VerifiedPdu, state: Vec<OwnedEventId>) -> Result<Received> {
        self.room_of(room_id, std::slice::from_ref(&pdu)).await?;
        Err(Error::Internal(format!("a state of {} events cannot be taken in yet", state.len())))
    }

    /// Stores events by which others were allowed, as outliers: known, but without a place in the room. Those that are
    /// missing for one of them must be among them or here already. The answers are in the order of the events.
    ///
    /// # Errors
    /// As for [`Rooms::receive`]; [`Error::TooLarge`] for too many at once.
    pub async fn add_outliers(&self, room_id: &RoomId, pdus: Vec<VerifiedPdu>) -> Result<Vec<Received>> {
        if pdus.len() > outliers::MOST {
            return Err(Error::TooLarge("too many events at once".into()));
        }
        let room = self.room_of(room_id, &pdus).await?;
        self.enqueue(room, None, |reply| Work::Outliers(pdus, reply)).await
    }

    async fn room_of(&self, room_id: &RoomId, pdus: &[VerifiedPdu]) -> Result<i64> {
        if pdus.iter().any(|pdu| pdu.room_id() != room_id) {
            return Err(Error::InvalidParam("the event is of another room".into()));
        }
        self.nid(room_id).await?.ok_or_else(|| Error::NotFound("this server does not know the room".into()))
    }
}

impl Building<'_> {
    /// Checks an event and puts it into the room. Nothing, if it must wait for the next chain. Changes nothing if it
    /// fails.
    pub(crate) fn receive(&mut self, received: &VerifiedPdu) -> Result<Option<Reception>> {
        let pdu = received.pdu();
        if self.redaction_waits(pdu) {
            return Ok(None);
        }
        let create = auth_events::create_id(self.head.rules, pdu.room_id());
        let named = pdu.auth_events().iter().chain(pdu.prev_events()).chain(&create);
        let known = self.known(named.map(|id| &**id).chain([pdu.event_id()]))?;
        let outlier = match known.get(pdu.event_id()) {
            Some(same) if !same.has(EventFlags::OUTLIER) => return Ok(Some(Reception::again(pdu, same))),
            outlier => outlier.map(|outlier| outlier.row.clone()),
        };
        // What this chain empties can be placed only once it is empty.
        if outlier.as_ref().is_some_and(|outlier| self.append.redactions.iter().any(|row| row.target == outlier.nid)) {
            return Ok(None);
        }
        if let Some(missing) = Missing::of(pdu, &known) {
            return Ok(Some(Reception::Missing(missing)));
        }
        if let Some(outlier) = &outlier {
            self.load_places(&[outlier.nid])?;
        }

        let auth_events = self.auth_events(pdu, &known)?;
        let prev_events: Vec<_> = pdu.prev_events().iter().filter_map(|id| known.get(id)).collect();
        let state_before = self.state_before(&prev_events)?;
        let passed = self.passed(&prev_events)?;
        let verdict = self.verdict(pdu, &auth_events, state_before, &passed)?;
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
        let children = self.flags_of_children(pdu)?;
        let index = self.place(NewEvent {
            pdu,
            nid: outlier.map(|outlier| outlier.nid),
            state_before,
            flags: verdict.flags().with(children),
            passed,
            auth_events: &auth_events,
            origin: None,
            redacted,
        })?;
        self.apply_redaction(redaction, index);
        if matches!(verdict, Verdict::Accepted) {
            self.collapse();
        }
        let (event_id, room_id) = (pdu.event_id().to_owned(), pdu.room_id().to_owned());
        Ok(Some(Reception::Placed(Placed { event_id, room_id, at: At::New(index) }, verdict)))
    }
}
