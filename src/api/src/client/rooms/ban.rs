//! `POST /rooms/{roomId}/ban` and `/unban`.

use std::sync::Arc;

use accounts::Limit;
use ruma::api::client::membership::{ban_user, unban_user};

use crate::{App, Result, bridge::Ruma};

/// Bans a user.
pub(super) async fn ban(app: Arc<App>, request: Ruma<ban_user::v3::Request>) -> Result<ban_user::v3::Response> {
    let Ruma { body, caller, .. } = request;
    caller.require_active()?;
    app.accounts.limits().check(Limit::Message, &caller.user_id)?;
    app.rooms.ban(&body.room_id, &caller.user_id, &body.user_id, body.reason).await?;
    Ok(ban_user::v3::Response::new())
}

/// Lifts a ban.
pub(super) async fn unban(app: Arc<App>, request: Ruma<unban_user::v3::Request>) -> Result<unban_user::v3::Response> {
    let Ruma { body, caller, .. } = request;
    caller.require_active()?;
    app.accounts.limits().check(Limit::Message, &caller.user_id)?;
    app.rooms.unban(&body.room_id, &caller.user_id, &body.user_id, body.reason).await?;
    Ok(unban_user::v3::Response::new())
}
