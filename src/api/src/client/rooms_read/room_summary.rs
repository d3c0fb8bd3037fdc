//! `GET /room_summary/{roomIdOrAlias}` (MSC3266) and the two paths it had before.

use accounts::{Limit, Session};
use actix_web::HttpResponse;
use rooms::read::{RoomSummary, SummaryForUser};
use ruma::{OwnedRoomOrAliasId, OwnedServerName, RoomOrAliasId};
use serde::{Deserialize, Serialize};

use crate::{
    Error, Result,
    bridge::{Call, session},
    client::{arguments::limit_user, rooms::room_and_servers},
};

#[derive(Deserialize)]
struct Via {
    #[serde(default)]
    via: Vec<OwnedServerName>,
}

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
    let found =
        match (call.app.rooms.room_summary(session.as_ref().map(|session| &*session.user_id), &room).await, &session) {
            (Err(rooms::Error::NotFound(text)), Some(session)) => elsewhere(call, session, room, text).await?,
            (found, _) => found?,
        };
    let membership = found.membership.map(|membership| membership.as_str());
    Ok(Answer { summary: found.summary, membership, unstable: None })
}

/// A room that is not here. Who is not logged in is told of none.
///
/// * `text`: what is said of one that is here, and not for the user.
async fn elsewhere(call: &Call, session: &Session, room: OwnedRoomOrAliasId, text: String) -> Result<SummaryForUser> {
    limit_user(call, Limit::Write, session)?;
    let Via { via } = call.query()?;
    let app = &call.app;
    let is_alias = room.is_room_alias_id();
    let (room_id, via) = room_and_servers(app, room, via).await?;
    if app.rooms.is_resident(&room_id).await? {
        // The alias is of another server, but the room is here.
        if !is_alias {
            return Err(Error::not_found(text));
        }
        return Ok(app.rooms.room_summary(Some(&session.user_id), (&*room_id).into()).await?);
    }
    Ok(app.federation.room_summary(&session.user_id, &room_id, via).await?)
}
