//! `GET /rooms/{roomId}/state/{eventType}/{stateKey}`. Read without ruma's type, which would answer for an event type
//! under its other name.

use actix_web::HttpResponse;
use serde::Deserialize;

use crate::{
    Result,
    bridge::Call,
    client::{
        arguments::{required_session, room_id},
        rooms_read::reader::reader,
    },
};

#[derive(Deserialize)]
struct Query {
    format: Option<Format>,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Format {
    Content,
    Event,
}

/// One key of the state: its content, or the whole event.
pub(super) async fn state_event(call: Call) -> Result<HttpResponse> {
    let session = required_session(&call).await?;
    let query: Query = call.query()?;
    let room_id = room_id(&call, 0)?;
    let state_key = call.args.get(2).map_or("", String::as_str);
    let whole = query.format == Some(Format::Event);
    let reader = reader(&call.app, &session).await?;
    let event = call.app.rooms.state_event(&reader, &room_id, call.arg(1)?, state_key, whole).await?;
    Ok(HttpResponse::Ok().json(event))
}
