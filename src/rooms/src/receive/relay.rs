//! Events that their server leaves to us to send to all the others of the room, as it does when its users join, knock or
//! leave through us.

use std::sync::Arc;

use events::VerifiedPdu;
use ruma::RoomId;
use store::rooms::EventFlags;

use crate::{
    Error, Result, Rooms,
    lane::{At, Building, Work},
    receive::{Received, Reception, Verdict},
};

impl Rooms {
    /// Takes an event of another server into its room, as [`Rooms::receive`] does, and has it sent with our own.
    ///
    /// # Errors
    /// As for [`Rooms::receive`].
    pub async fn relay(&self, room_id: &RoomId, pdu: VerifiedPdu) -> Result<Received> {
        let room = self.room_of(room_id, std::slice::from_ref(&pdu)).await?;
        match self.enqueue(room, None, |reply| Work::Relay(pdu, false, reply)).await {
            Err(Error::Unasked(unasked)) => {
                let pdu = self.signed_or_not(&unasked).await;
                self.enqueue(room, None, |reply| Work::Relay(pdu, true, reply)).await
            }
            outcome => outcome,
        }
    }
}

impl Building<'_> {
    /// As [`Building::receive`]; an event that is accepted goes out.
    pub(crate) fn relay(&mut self, received: &VerifiedPdu) -> Result<Option<Reception>> {
        let reception = self.receive(received, None)?;
        if let Some(Reception::Placed(placed, Verdict::Accepted)) = &reception
            && let At::New(index) = placed.at
        {
            if let Some(row) = self.append.events.get_mut(index) {
                let row = Arc::make_mut(row);
                row.flags = EventFlags(row.flags).with(EventFlags::RELAYED).0;
            }
            self.goes_out(index);
        }
        Ok(reception)
    }
}
