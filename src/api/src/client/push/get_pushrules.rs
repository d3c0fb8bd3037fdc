//! `GET /pushrules/` and `GET /pushrules/global/`.

use std::sync::Arc;

use ruma::{
    api::client::push::{get_pushrules_all, get_pushrules_global_scope},
    push::Ruleset,
};

use crate::{App, Result, bridge::Ruma};

/// The predefined rules: no user can have others yet.
pub(super) async fn all(
    _: Arc<App>,
    request: Ruma<get_pushrules_all::v3::Request>,
) -> Result<get_pushrules_all::v3::Response> {
    Ok(get_pushrules_all::v3::Response::new(Ruleset::server_default(&request.caller.user_id)))
}

/// The same without the scope around them.
pub(super) async fn global(
    _: Arc<App>,
    request: Ruma<get_pushrules_global_scope::v3::Request>,
) -> Result<get_pushrules_global_scope::v3::Response> {
    Ok(get_pushrules_global_scope::v3::Response::new(Ruleset::server_default(&request.caller.user_id)))
}
