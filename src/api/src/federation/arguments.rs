//! What several endpoints share.

use actix_web::{HttpResponse, web};
use events::VerifiedPdu;
use ruma::{EventId, OwnedEventId, OwnedRoomId, OwnedUserId, RoomId, UserId};
use serde::Serialize;
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

/// An answer of many megabytes, as a large room has. It is not written on a thread for which others wait.
pub(super) async fn large(answer: impl Serialize + Send + 'static) -> Result<HttpResponse> {
    let write = move || serde_json::to_vec(&answer);
    let body = web::block(write).await.map_err(Error::internal)?.map_err(Error::internal)?;
    Ok(HttpResponse::Ok().content_type("application/json").body(body))
}

/// An event as it is sent.
pub(super) fn text(event: &VerifiedPdu) -> Result<Box<RawValue>> {
    RawValue::from_string(event.json().to_owned()).map_err(Error::internal)
}
