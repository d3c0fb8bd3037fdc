//! `POST /rooms/{roomId}/forget`.

use std::sync::Arc;

use accounts::Limit;
use ruma::api::client::membership::forget_room::v3;

use crate::{App, Result, bridge::Ruma};

/// Forgets a room that was left.
pub(super) async fn forget(app: Arc<App>, request: Ruma<v3::Request>) -> Result<v3::Response> {
    app.accounts.limits().check(Limit::Write, &request.caller.user_id)?;
    app.rooms.forget(&request.body.room_id, &request.caller.user_id).await?;
    Ok(v3::Response::new())
}
