//! What an event says of itself, before its signatures are looked at. Nothing is done on the strength of it but to refuse:
//! keys of strangers are not fetched for what would be refused anyway.

use events::{Provenance, VerifiedPdu};
use ruma::{EventId, OwnedUserId, RoomId, ServerName, room_version_rules::RoomVersionRules};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{Error, Federation, Result};

/// The fields that are looked at first.
#[derive(Debug, Deserialize)]
pub(super) struct Claim {
    pub sender: OwnedUserId,
    pub state_key: OwnedUserId,
}

impl Claim {
    /// Reads them.
    ///
    /// # Errors
    /// [`Error::InvalidParam`] for what is no membership event, or not of the server that sends it.
    pub fn of(event: &RawValue, origin: &ServerName) -> Result<Self> {
        let claim: Self = serde_json::from_str(event.get()).map_err(|error| Error::InvalidParam(error.to_string()))?;
        if claim.sender.server_name() != origin {
            return Err(Error::InvalidParam(format!("the event is not of a user of {origin}")));
        }
        Ok(claim)
    }
}

impl Federation {
    /// Checks the signatures of an event that stands alone, and that it is the one that the path of its request names.
    ///
    /// # Errors
    /// [`Error::InvalidParam`].
    pub(super) async fn checked(
        &self,
        event: Box<RawValue>,
        rules: &'static RoomVersionRules,
        room_id: &RoomId,
        event_id: &EventId,
    ) -> Result<VerifiedPdu> {
        let checked = self.inner.verifier.verify(rules, vec![event], Provenance::Sent).await.pop();
        let checked = checked.ok_or_else(|| Error::Internal("an event was lost".into()))?;
        let event = checked.outcome.map_err(|error| Error::InvalidParam(error.to_string()))?;
        if event.event_id() != event_id || event.room_id() != room_id {
            return Err(Error::InvalidParam("the event is not the one that the path names".into()));
        }
        Ok(event)
    }
}
