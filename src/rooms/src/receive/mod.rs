//! Events of other servers: the checks on receipt of a PDU that depend on the room (server-server
//! §checks-performed-on-receipt-of-a-pdu, steps 4 to 6), one file for each step. Steps 1 to 3 are behind us: what
//! comes here is a [`VerifiedPdu`].

mod adopt;
mod ahead;
mod auth_events;
mod collapse;
mod current_state;
mod foundations;
mod gaps;
mod history;
mod outliers;
mod outside;
mod received;
mod redaction;
mod reject;
mod relay;
mod soft_fail;
mod state_before;
mod take_in;
#[cfg(test)]
pub(crate) mod tests;
mod told_state;

use events::VerifiedPdu;
use ruma::{OwnedEventId, RoomId};

pub use adopt::Adoption;
pub use gaps::Gap;
pub use received::{Missing, Received};

pub(crate) use auth_events::create_id;
pub(crate) use gaps::gaps_of;
pub(crate) use history::{Added, History};
pub(crate) use received::{Reception, Verdict};

use crate::{Error, Result, Rooms, lane::Work};

impl Rooms {
    /// Takes an event of another server into its room. It is stored and durable when this returns, unless something that
    /// it builds on is missing.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an unknown room, [`Error::InvalidParam`] for an event of another room, and what is our
    /// own fault. What the rules say of the event is no error but a part of the answer.
    pub async fn receive(&self, room_id: &RoomId, pdu: VerifiedPdu) -> Result<Received> {
        let room = self.room_of(room_id, std::slice::from_ref(&pdu)).await?;
        self.receive_asking(room, pdu, None).await
    }

    /// Takes an event of another server into its room whose previous events are not all here, with the state before it as
    /// another server tells it. What our own previous events say of that state counts, too, so nobody can undo by a told
    /// state what is here. Else it is as [`Rooms::receive`]; what is missing of history is in [`Rooms::gaps`] afterwards.
    ///
    /// Where some of the previous events are here and others are not, the state comes out more exactly if the latter are
    /// first [added as history](Rooms::add_history) with the states before them: then nothing is missing.
    ///
    /// * `state`: the ids of the events of the state. They must be here, as outliers at least.
    ///
    /// # Errors
    /// As for [`Rooms::receive`], and [`Error::InvalidParam`] where the events cannot be a state.
    pub async fn receive_at(&self, room_id: &RoomId, pdu: VerifiedPdu, state: Vec<OwnedEventId>) -> Result<Received> {
        let room = self.room_of(room_id, std::slice::from_ref(&pdu)).await?;
        self.receive_asking(room, pdu, Some(state)).await
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

    /// Hands an event to the lane; where its room's policy server must be asked about it first, does that.
    async fn receive_asking(&self, room: i64, pdu: VerifiedPdu, told: Option<Vec<OwnedEventId>>) -> Result<Received> {
        let again = told.clone();
        match self.enqueue(room, None, |reply| Work::Receive(pdu, told, false, reply)).await {
            Err(Error::Unasked(unasked)) => {
                let pdu = self.signed_or_not(&unasked).await;
                self.enqueue(room, None, |reply| Work::Receive(pdu, again, true, reply)).await
            }
            outcome => outcome,
        }
    }

    async fn room_of(&self, room_id: &RoomId, pdus: &[VerifiedPdu]) -> Result<i64> {
        if pdus.iter().any(|pdu| pdu.room_id() != room_id) {
            return Err(Error::InvalidParam("the event is of another room".into()));
        }
        self.nid(room_id).await?.ok_or_else(|| Error::NotFound("this server does not know the room".into()))
    }
}
