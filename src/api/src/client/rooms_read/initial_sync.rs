//! `GET /rooms/{roomId}/initialSync`: deprecated, but how clients look into a room that they are not in.

use actix_web::HttpResponse;
use rooms::read::PageRequest;
use ruma::api::client::filter::RoomEventFilter;
use serde::Deserialize;
use serde_json::json;

use crate::{
    Result,
    bridge::Call,
    client::{
        arguments::{required_session, room_id},
        rooms_read::reader::reader,
    },
};

/// Events where the caller asks for no number.
const EVENTS: usize = 20;

#[derive(Deserialize)]
struct Query {
    limit: Option<usize>,
}

/// A room as it is: its state and its newest events.
pub(super) async fn initial_sync(call: Call) -> Result<HttpResponse> {
    let session = required_session(&call).await?;
    let (room_id, rooms) = (room_id(&call, 0)?, &call.app.rooms);
    let limit = call.query::<Query>()?.limit.unwrap_or(EVENTS);
    let reader = reader(&call.app, &session).await?;
    let state = rooms.state(&reader, &room_id).await?;
    let request = PageRequest { from: None, to: None, backward: true, limit, filter: RoomEventFilter::default() };
    let mut page = rooms.messages(&reader, &room_id, request).await?;
    page.chunk.reverse();
    let start = page.end.unwrap_or(page.start);
    let mut answer = json!({
        "room_id": room_id,
        "state": state,
        "messages": { "start": start.to_string(), "end": page.start.to_string(), "chunk": page.chunk },
        "visibility": if rooms.is_published(&room_id).await? { "public" } else { "private" },
        "account_data": [],
        "presence": [],
        "receipts": [],
    });
    let summary = rooms.room_summary(Some(&session.user_id), (&*room_id).into()).await;
    let membership = summary.ok().and_then(|summary| summary.membership);
    if let (Some(membership), Some(answer)) = (membership, answer.as_object_mut()) {
        answer.insert("membership".into(), membership.as_str().into());
    }
    Ok(HttpResponse::Ok().json(answer))
}
