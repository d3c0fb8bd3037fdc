//! `POST /refresh`.

use std::{sync::Arc, time::Duration};

use ruma::api::client::session::refresh_token::v3;

use crate::{App, Result, bridge::Ruma};

/// Gives new tokens for a refresh token.
pub(super) async fn refresh(app: Arc<App>, request: Ruma<v3::Request>) -> Result<v3::Response> {
    let refreshed = app.accounts.refresh(&request.body.refresh_token).await?;
    let mut response = v3::Response::new(refreshed.access_token);
    response.refresh_token = Some(refreshed.refresh_token);
    response.expires_in_ms = Some(Duration::from_millis(refreshed.expires_in_ms));
    Ok(response)
}
