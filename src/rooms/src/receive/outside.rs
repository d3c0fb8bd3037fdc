//! Events that a server sends which is not in the room. Hardly one of them can be allowed, and anybody can make any number of
//! them for a room whose id they know. So what is rejected is not kept: nobody in the room builds on it.

use events::VerifiedPdu;
use ruma::RoomId;

use crate::{
    Error, Result, Rooms,
    lane::{At, Building, Placed, Work},
    receive::{Received, Reception, Verdict},
};

impl Rooms {
    /// Takes an event into its room that a server has sent which is not there.
    ///
    /// # Errors
    /// As for [`Rooms::receive`], and [`Error::Forbidden`] for one that is rejected.
    pub async fn receive_from_outside(&self, room_id: &RoomId, pdu: VerifiedPdu) -> Result<Received> {
        let room = self.room_of(room_id, std::slice::from_ref(&pdu)).await?;
        match self.enqueue(room, None, |reply| Work::Outside(pdu, false, reply)).await {
            Err(Error::Unasked(unasked)) => {
                let pdu = self.signed_or_not(&unasked).await;
                self.enqueue(room, None, |reply| Work::Outside(pdu, true, reply)).await
            }
            outcome => outcome,
        }
    }
}

impl Building<'_> {
    /// As [`Building::receive`], but a new event that is rejected leaves nothing behind.
    pub(crate) fn receive_from_outside(&mut self, received: &VerifiedPdu) -> Result<Option<Reception>> {
        // What others have named is here already, and stays.
        if !self.known([received.event_id()])?.is_empty() {
            return self.receive(received, None);
        }
        let before = self.mark();
        match self.receive(received, None)? {
            Some(Reception::Placed(Placed { at: At::New(_), .. }, Verdict::Rejected(_))) => {
                self.undo(before);
                Err(Error::Forbidden("the room does not allow this event".into()))
            }
            reception => Ok(reception),
        }
    }
}
