//! `GET` and `PUT /v1/admin/lock/{userId}`.

use std::sync::Arc;

use ruma::api::client::admin::{is_user_locked, lock_user};

use crate::{App, Result, bridge::Ruma};

/// Whether a user is locked.
pub(super) async fn is_locked(
    app: Arc<App>,
    request: Ruma<is_user_locked::v1::Request>,
) -> Result<is_user_locked::v1::Response> {
    let locked = app.accounts.locked(&request.caller, &request.body.user_id).await?;
    Ok(is_user_locked::v1::Response::new(locked))
}

/// Locks a user or ends that.
pub(super) async fn lock(app: Arc<App>, request: Ruma<lock_user::v1::Request>) -> Result<lock_user::v1::Response> {
    let Ruma { body, caller, .. } = request;
    app.accounts.set_locked(&caller, &body.user_id, body.locked).await?;
    Ok(lock_user::v1::Response::new(body.locked))
}
