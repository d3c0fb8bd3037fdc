//! `GET /account/3pid`.

use std::sync::Arc;

use ruma::api::client::account::get_3pids::v3;

use crate::{App, Result, bridge::Ruma};

/// The addresses of an account. There is no way to add one (the capability `m.3pid_changes` says so).
pub(super) async fn third_party_ids(_: Arc<App>, _: Ruma<v3::Request>) -> Result<v3::Response> {
    Ok(v3::Response::new(Vec::new()))
}
