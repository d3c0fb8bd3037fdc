//! `POST /createRoom`.

use std::collections::BTreeSet;

use accounts::Limit;
use actix_web::HttpResponse;
use futures_util::{StreamExt, stream};
use peerbrain_core::limits::INVITES_PER_REQUEST;
use rooms::{create::CreateRoom, foreign::InviteContent};
use ruma::{OwnedUserId, RoomId, UserId};
use serde_json::{Map, Value, json};

use crate::{App, Error, Result, bridge::Call, client::arguments::required_session};

/// Where the answer says who of other servers could not be invited, by user the error. The specification has no word for it.
const FAILURES: &str = "org.peerbrain.invite_failures";

/// How many users of other servers are invited at once.
const AT_ONCE: usize = 8;

/// Makes a room.
pub(super) async fn create_room(call: Call) -> Result<HttpResponse> {
    let session = required_session(&call).await?;
    session.require_active()?;
    // Nothing is required at the top, so what is missing is missing further down, and that is a wrong shape.
    let object: serde_json::Map<_, _> = call.json()?;
    let request: CreateRoom =
        serde_json::from_value(object.into()).map_err(|error| Error::bad_json(error.to_string()))?;
    let (limits, user) = (call.app.accounts.limits(), &session.user_id);
    limits.peek(Limit::CreateRoom, user)?;
    // More than that are refused below.
    limits.check_many(Limit::Invite, user, request.invite.len().min(INVITES_PER_REQUEST))?;
    limits.check(Limit::CreateRoom, user)?;
    let elsewhere = elsewhere(&call.app, &request)?;
    let is_direct = request.is_direct;
    let room_id = call.app.rooms.create(&session.user_id, request).await?;
    let failures = invite(&call.app, &room_id, &session.user_id, elsewhere, is_direct).await;
    let mut answer = json!({ "room_id": room_id });
    if let (false, Some(answer)) = (failures.is_empty(), answer.as_object_mut()) {
        answer.insert(FAILURES.to_owned(), failures.into());
    }
    Ok(HttpResponse::Ok().json(answer))
}

/// The invited users of other servers, each once. None of them is invited if one is of a server that we have nothing to do
/// with.
fn elsewhere(app: &App, request: &CreateRoom) -> Result<Vec<OwnedUserId>> {
    let invited: BTreeSet<&OwnedUserId> = request.invite.iter().filter(|user| !app.rooms.is_local(user)).collect();
    invited.iter().try_for_each(|user| app.federation.require_allowed(user.server_name()))?;
    Ok(invited.into_iter().cloned().collect())
}

/// Invites them once the room is there. It is there whoever comes: one who cannot be invited is no reason to say that
/// there was no room made. Gives who could not be, with the error as an `/invite` would have told it.
async fn invite(
    app: &App,
    room_id: &RoomId,
    creator: &UserId,
    users: Vec<OwnedUserId>,
    is_direct: bool,
) -> Map<String, Value> {
    let invite = |user: OwnedUserId| async move {
        let content = InviteContent { is_direct, ..InviteContent::default() };
        let error = app.federation.invite(room_id, creator, &user, content).await.err()?;
        tracing::info!(%room_id, %user, %error, "a user of another server could not be invited to a new room");
        Some((user.to_string(), Value::Object(Error::from(error).into_body())))
    };
    let failures: Vec<Option<(String, Value)>> =
        stream::iter(users).map(invite).buffer_unordered(AT_ONCE).collect().await;
    failures.into_iter().flatten().collect()
}
