//! Arguments that several endpoints share.

use std::sync::Arc;

use accounts::{Limit, Session, rate_limits::address_key};
use ruma::{OwnedRoomId, OwnedUserId, RoomId, UserId};

use crate::{
    App, Error, Result,
    bridge::{Call, Client, session},
};

/// Registers a path under v3 and under r0, which many clients still use.
macro_rules! v3_and_r0 {
    ($path:literal) => {
        &[concat!("/_matrix/client/v3/", $path), concat!("/_matrix/client/r0/", $path)]
    };
}
pub(super) use v3_and_r0;

/// The session of a request that needs one.
pub(super) async fn required_session(call: &Call) -> Result<Arc<Session>> {
    session(call).await?.ok_or_else(Error::missing_token)
}

/// The session of a request about the caller's own things, whose first argument names the caller.
///
/// # Errors
/// 403 where it names somebody else.
pub(super) async fn own_session(call: &Call) -> Result<Arc<Session>> {
    let session = required_session(call).await?;
    if user_id(call, 0)? != session.user_id {
        return Err(Error::forbidden("You may only do this for yourself"));
    }
    Ok(session)
}

/// An argument that is a user id.
pub(super) fn user_id(call: &Call, index: usize) -> Result<OwnedUserId> {
    let text = call.arg(index)?;
    UserId::parse(text).map_err(|_| Error::invalid_param(format!("{text:?} is not a user id")))
}

/// An argument that is a room id.
pub(super) fn room_id(call: &Call, index: usize) -> Result<OwnedRoomId> {
    let text = call.arg(index)?;
    RoomId::parse(text).map_err(|_| Error::invalid_param(format!("{text:?} is not a room id")))
}

/// Counts a request against a limit of the caller's.
pub(super) fn limit_user(call: &Call, limit: Limit, session: &Session) -> Result<()> {
    Ok(call.app.accounts.limits().check(limit, &session.user_id)?)
}

/// Counts a request against a limit of the client's address.
pub(super) fn limit_address(call: &Call, limit: Limit) -> Result<()> {
    limit_client(&call.app, &call.client, limit)
}

/// The same where the request is read already.
pub(super) fn limit_client(app: &App, client: &Client, limit: Limit) -> Result<()> {
    match client.ip {
        Some(ip) => Ok(app.accounts.limits().check(limit, address_key(ip))?),
        // Those who come through a Unix socket share one.
        None => Ok(app.accounts.limits().check(limit, "a Unix socket")?),
    }
}

/// Counts a request that makes this server ask another: against a limit of the caller, or of the client's address where
/// nobody is logged in.
pub(super) async fn limit_lookup(call: &Call) -> Result<()> {
    match session(call).await? {
        Some(session) => limit_user(call, Limit::Write, &session),
        None => limit_address(call, Limit::Write),
    }
}
