//! `POST /rooms/{roomId}/report/{eventId}`, `POST /rooms/{roomId}/report` and `POST /users/{userId}/report`.

use accounts::Limit;
use actix_web::HttpResponse;
use rooms::moderation::Reported;
use ruma::EventId;
use serde::Deserialize;
use serde_json::json;

use crate::{
    Error, Result,
    bridge::Call,
    client::{
        arguments::{limit_user, required_session, room_id, user_id},
        rooms_read::reader,
    },
};

/// Old clients send a `score` besides, which is not read.
#[derive(Deserialize)]
struct Optional {
    reason: Option<String>,
}

#[derive(Deserialize)]
struct Required {
    reason: String,
}

/// Reports an event in a room that the caller is joined to.
pub(super) async fn event(call: Call) -> Result<HttpResponse> {
    let reason = call.json::<Optional>().map(|body| body.reason.unwrap_or_default());
    let reported = room_id(&call, 0).and_then(|room_id| {
        let event_id = EventId::parse(call.arg(1)?).map_err(|_| Error::not_found("There is no such event"))?;
        Ok(Reported::Event(room_id, event_id))
    });
    report(&call, reported, reason).await
}

/// Reports a room.
pub(super) async fn room(call: Call) -> Result<HttpResponse> {
    let reason = call.json::<Required>().map(|body| body.reason);
    report(&call, room_id(&call, 0).map(Reported::Room), reason).await
}

/// Reports a user.
pub(super) async fn user(call: Call) -> Result<HttpResponse> {
    let reason = call.json::<Required>().map(|body| body.reason);
    report(&call, user_id(&call, 0).map(Reported::User), reason).await
}

/// Who asks comes before what is wrong with the question.
async fn report(call: &Call, reported: Result<Reported>, reason: Result<String>) -> Result<HttpResponse> {
    let session = required_session(call).await?;
    limit_user(call, Limit::Report, &session)?;
    let (reported, reason) = (reported?, reason?);
    let reader = reader(&call.app, &session).await?;
    call.app.rooms.report(&reader, reported, &reason).await?;
    Ok(HttpResponse::Ok().json(json!({})))
}
