//! What programs of the operator ask about rooms and reports, on the paths of Synapse's admin API, with the token of an
//! administrator.

mod reports;
mod rooms;

use std::sync::Arc;

use accounts::Session;
use http::Method;

use crate::{
    Result,
    bridge::{Call, Routes},
    client::arguments::required_session,
};

pub(crate) fn routes() -> Routes {
    let report = &["/_synapse/admin/v1/event_reports/{id}"];
    let block = &["/_synapse/admin/v1/rooms/{room_id}/block"];
    Routes::default()
        .raw(Method::GET, &["/_synapse/admin/v1/event_reports"], reports::list)
        .raw(Method::GET, report, reports::one)
        .raw(Method::DELETE, report, reports::delete)
        .raw(Method::GET, &["/_synapse/admin/v1/rooms"], rooms::list)
        .raw(Method::GET, block, rooms::is_blocked)
        .raw(Method::PUT, block, rooms::block)
        .raw(Method::DELETE, &["/_synapse/admin/v2/rooms/{room_id}"], rooms::delete)
        .raw(Method::GET, &["/_synapse/admin/v2/rooms/delete_status/{delete_id}"], rooms::delete_status)
}

/// The session of an administrator.
async fn administrator(call: &Call) -> Result<Arc<Session>> {
    let session = required_session(call).await?;
    session.require_admin()?;
    Ok(session)
}
