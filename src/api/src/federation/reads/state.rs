//! `GET /state/{roomId}`.

use actix_web::HttpResponse;
use federation::Cost;
use rooms::read::ServerState;
use ruma::api::federation::event::get_room_state::v1::Request;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::{
    Result,
    bridge::{Call, Ruma},
    federation::arguments,
};

#[derive(Serialize)]
struct Answer {
    auth_chain: Vec<Box<RawValue>>,
    pdus: Vec<Box<RawValue>>,
}

/// The state before an event, with its auth chain.
pub(super) async fn state(call: Call) -> Result<HttpResponse> {
    let app = call.app.clone();
    let Ruma { body: Request { room_id, event_id, .. }, caller, .. } = Ruma::<Request>::read(call).await?;
    let _reading = app.federation.begin_read(&caller, Cost::Whole).await?;
    let ServerState { state: pdus, auth_chain } = app.rooms.state_for_server(&caller, &room_id, &event_id).await?;
    arguments::large(Answer { auth_chain, pdus }).await
}
