//! An event that waits for what it builds on.

use events::VerifiedPdu;
use rooms::Received;
use ruma::{RoomId, ServerName, room_version_rules::RoomVersionRules};

use crate::{
    Error,
    incoming::{
        Incoming,
        place::{Place, failed},
    },
};

impl Incoming {
    /// Fetches what is missing and takes the event in.
    pub(super) async fn complete(
        &self,
        origin: &ServerName,
        room_id: &RoomId,
        rules: &'static RoomVersionRules,
        pdu: &VerifiedPdu,
    ) -> Place {
        match self.history().complete(room_id, rules, origin, pdu).await {
            Ok(Received::Missing(_)) => Place::Waits,
            Ok(Received::Rejected(_)) => {
                self.history().note_rejected(origin, room_id);
                Place::Here
            }
            Ok(_) => Place::Here,
            Err(Error::Rooms(error)) => failed(room_id, pdu.event_id(), &error),
            Err(error) => {
                tracing::warn!(%room_id, event_id = %pdu.event_id(), %error, "what an event builds on could not be had");
                Place::Waits
            }
        }
    }
}
