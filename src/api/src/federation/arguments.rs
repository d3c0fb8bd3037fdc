//! What several endpoints share.

use events::VerifiedPdu;
use ruma::{EventId, OwnedEventId, OwnedRoomId, OwnedUserId, RoomId, UserId};
use serde_json::value::RawValue;

use crate::{Error, Result, bridge::Call};

/// An argument that is a room id.
pub(super) fn room_id(call: &Call, index: usize) -> Result<OwnedRoomId> {
    let text = call.arg(index)?;
    RoomId::parse(text).map_err(|_| Error::invalid_param(format!("{text:?} is not a room id")))
}

/// An argument that is an event id.
pub(super) fn event_id(call: &Call, index: usize) -> Result<OwnedEventId> {
    let text = call.arg(index)?;
    EventId::parse(text).map_err(|_| Error::invalid_param(format!("{text:?} is not an event id")))
}

/// An argument that is a user id.
pub(super) fn user_id(call: &Call, index: usize) -> Result<OwnedUserId> {
    let text = call.arg(index)?;
    UserId::parse(text).map_err(|_| Error::invalid_param(format!("{text:?} is not a user id")))
}

/// An event as it is sent.
pub(super) fn text(event: &VerifiedPdu) -> Result<Box<RawValue>> {
    RawValue::from_string(event.json().to_owned()).map_err(Error::internal)
}
