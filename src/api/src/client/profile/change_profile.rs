//! `PUT` and `DELETE /profile/{userId}/{keyName}`.

use std::sync::Arc;

use accounts::{JsonObject, Limit, Session};
use actix_web::HttpResponse;
use serde_json::json;

use crate::{
    Error, Result,
    bridge::Call,
    client::arguments::{limit_user, own_session},
};

/// Sets one field of the caller's profile.
pub(super) async fn set(call: Call) -> Result<HttpResponse> {
    let session = may_change(&call).await?;
    let field = call.arg(1)?;
    let mut body: JsonObject = call.json()?;
    let value = body.remove(field);
    let value = value.ok_or_else(|| Error::new(400, "M_MISSING_PARAM", "The body does not have the field"))?;
    call.app.accounts.set_profile_field(&session.user_id, field, value).await?;
    announce(&call, &session, field).await
}

/// Takes one field out of the caller's profile.
pub(super) async fn delete(call: Call) -> Result<HttpResponse> {
    let session = may_change(&call).await?;
    let field = call.arg(1)?;
    call.app.accounts.delete_profile_field(&session.user_id, field).await?;
    announce(&call, &session, field).await
}

async fn may_change(call: &Call) -> Result<Arc<Session>> {
    let session = own_session(call).await?;
    session.require_active()?;
    if session.guest && call.arg(1)? != "displayname" {
        return Err(accounts::Error::GuestsForbidden.into());
    }
    limit_user(call, Limit::Profile, &session)?;
    Ok(session)
}

/// Tells the rooms of a new name or picture. One that is not new is told too: an earlier request may have failed to.
async fn announce(call: &Call, session: &Session, field: &str) -> Result<HttpResponse> {
    if matches!(field, "displayname" | "avatar_url") {
        call.app.rooms.announce_profile(&session.user_id).await?;
    }
    Ok(HttpResponse::Ok().json(json!({})))
}
