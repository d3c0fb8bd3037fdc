//! `GET /account/whoami`.

use std::sync::Arc;

use ruma::api::client::account::whoami::v3;

use crate::{App, Result, bridge::Ruma};

/// Whose token this is.
pub(super) async fn whoami(_: Arc<App>, request: Ruma<v3::Request>) -> Result<v3::Response> {
    let session = &request.caller;
    let mut response = v3::Response::new(session.user_id.clone(), session.guest);
    response.device_id = Some(session.device_id.clone());
    Ok(response)
}
