//! `GET /room_summary/{roomIdOrAlias}` (MSC3266) and the two paths it had before.

use actix_web::HttpResponse;
use rooms::read::RoomSummary;
use ruma::RoomOrAliasId;
use serde::Serialize;

use crate::{
    Error, Result,
    bridge::{Call, session},
};

#[derive(Serialize)]
struct Answer {
    #[serde(flatten)]
    summary: RoomSummary,
    #[serde(skip_serializing_if = "Option::is_none")]
    membership: Option<&'static str>,
    #[serde(flatten)]
    unstable: Option<Unstable>,
}

/// What some fields were called while the proposal was not accepted.
#[derive(Serialize)]
struct Unstable {
    #[serde(rename = "im.nheko.summary.encryption", skip_serializing_if = "Option::is_none")]
    encryption: Option<String>,
    #[serde(rename = "im.nheko.summary.room_version", skip_serializing_if = "Option::is_none")]
    room_version: Option<String>,
    #[serde(rename = "im.nheko.summary.version", skip_serializing_if = "Option::is_none")]
    version: Option<String>,
}

/// A room in a few words.
pub(super) async fn stable(call: Call) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(summary(&call).await?))
}

/// The same, with the names of the proposal besides.
pub(super) async fn unstable(call: Call) -> Result<HttpResponse> {
    let mut answer = summary(&call).await?;
    answer.unstable = Some(Unstable {
        encryption: answer.summary.encryption.clone(),
        room_version: answer.summary.room_version.clone(),
        version: answer.summary.room_version.clone(),
    });
    Ok(HttpResponse::Ok().json(answer))
}

async fn summary(call: &Call) -> Result<Answer> {
    let session = session(call).await?;
    let room = RoomOrAliasId::parse(call.arg(0)?).map_err(|error| Error::invalid_param(error.to_string()))?;
    let user_id = session.as_ref().map(|session| &*session.user_id);
    let found = call.app.rooms.room_summary(user_id, &room).await?;
    let membership = found.membership.map(|membership| membership.as_str());
    Ok(Answer { summary: found.summary, membership, unstable: None })
}
