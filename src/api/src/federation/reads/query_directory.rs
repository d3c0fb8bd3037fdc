//! `GET /query/directory`.

use std::sync::Arc;

use federation::Cost;
use ruma::api::federation::query::get_room_information::v1::{Request, Response};

use crate::{App, Result, bridge::Ruma};

/// Where an alias of ours leads.
pub(super) async fn query_directory(app: Arc<App>, request: Ruma<Request>) -> Result<Response> {
    let _reading = app.federation.begin_read(&request.caller, Cost::One).await?;
    let found = app.rooms.resolve_alias(&request.body.room_alias).await?;
    Ok(Response::new(found.room_id, found.servers))
}
