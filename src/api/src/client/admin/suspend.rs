//! `GET` and `PUT /v1/admin/suspend/{userId}`.

use std::sync::Arc;

use ruma::api::client::admin::{is_user_suspended, suspend_user};

use crate::{App, Result, bridge::Ruma};

/// Whether a user is suspended.
pub(super) async fn is_suspended(
    app: Arc<App>,
    request: Ruma<is_user_suspended::v1::Request>,
) -> Result<is_user_suspended::v1::Response> {
    let suspended = app.accounts.suspended(&request.caller, &request.body.user_id).await?;
    Ok(is_user_suspended::v1::Response::new(suspended))
}

/// Suspends a user or ends that.
pub(super) async fn suspend(
    app: Arc<App>,
    request: Ruma<suspend_user::v1::Request>,
) -> Result<suspend_user::v1::Response> {
    let Ruma { body, caller, .. } = request;
    app.accounts.set_suspended(&caller, &body.user_id, body.suspended).await?;
    Ok(suspend_user::v1::Response::new(body.suspended))
}
