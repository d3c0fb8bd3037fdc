//! `GET /state_ids/{roomId}`.

use std::sync::Arc;

use federation::Cost;
use ruma::api::federation::event::get_room_state_ids::v1::{Request, Response};

use crate::{App, Result, bridge::Ruma};

/// The ids of the state before an event, and of its auth chain.
pub(super) async fn state_ids(app: Arc<App>, request: Ruma<Request>) -> Result<Response> {
    let Ruma { body: Request { room_id, event_id, .. }, caller, .. } = request;
    let _reading = app.federation.begin_read(&caller, Cost::Page).await?;
    let ids = app.rooms.state_ids_for_server(&caller, &room_id, &event_id).await?;
    Ok(Response::new(ids.auth_chain, ids.state))
}
