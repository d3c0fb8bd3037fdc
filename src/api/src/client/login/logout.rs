//! `POST /logout` and `POST /logout/all`.

use std::sync::Arc;

use ruma::api::client::session::{logout, logout_all};

use crate::{App, Result, bridge::Ruma};

/// Revokes the token of the request and deletes its device.
pub(super) async fn logout(app: Arc<App>, request: Ruma<logout::v3::Request>) -> Result<logout::v3::Response> {
    app.accounts.logout(&request.caller).await?;
    Ok(logout::v3::Response::new())
}

/// Revokes all tokens of the user and deletes all devices.
pub(super) async fn logout_all(
    app: Arc<App>,
    request: Ruma<logout_all::v3::Request>,
) -> Result<logout_all::v3::Response> {
    app.accounts.logout_all(&request.caller).await?;
    Ok(logout_all::v3::Response::new())
}
