//! `PUT /devices/{deviceId}`.

use std::sync::Arc;

use accounts::Limit;
use ruma::api::client::device::update_device::v3;

use crate::{App, Result, bridge::Ruma};

/// Gives one of the caller's devices another name.
pub(super) async fn update_device(app: Arc<App>, request: Ruma<v3::Request>) -> Result<v3::Response> {
    let Ruma { body, caller, .. } = request;
    app.accounts.limits().check(Limit::Write, &caller.user_id)?;
    app.accounts.rename_device(&caller.user_id, &body.device_id, body.display_name.as_deref()).await?;
    Ok(v3::Response::new())
}
