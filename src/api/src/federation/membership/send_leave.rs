//! `PUT /send_leave`: a user of another server declines an invite, takes back a knock, or leaves.

use std::sync::Arc;

use actix_web::HttpResponse;
use rooms::foreign::Handshake;
use ruma::api::federation::{authentication::ServerSignatures, membership::create_leave_event::v2};
use serde_json::json;

use crate::{
    App, Result,
    bridge::{Authenticate, Call, Ruma},
    federation::arguments,
};

/// Puts the leave into the room.
pub(super) async fn send_leave(app: Arc<App>, request: Ruma<v2::Request>) -> Result<v2::Response> {
    let Ruma { body, caller, .. } = request;
    app.federation.accept(&caller, Handshake::Leave, &body.room_id, &body.event_id, body.pdu).await?;
    Ok(v2::Response::new())
}

/// The first version, which the specification has left.
pub(super) async fn first_version(call: Call) -> Result<HttpResponse> {
    let origin = ServerSignatures::authenticate(&call).await?;
    let (room_id, event_id) = (arguments::room_id(&call, 0)?, arguments::event_id(&call, 1)?);
    call.app.federation.accept(&origin, Handshake::Leave, &room_id, &event_id, call.json()?).await?;
    Ok(HttpResponse::Ok().json(json!([200, {}])))
}
