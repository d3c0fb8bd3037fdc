//! `GET /rooms/{roomId}/context/{eventId}`.

use std::sync::Arc;

use ruma::{api::client::context::get_context::v3, serde::Raw};

use crate::{App, Result, bridge::Ruma, client::rooms_read::reader::reader};

/// What happened around an event.
pub(super) async fn context(app: Arc<App>, request: Ruma<v3::Request>) -> Result<v3::Response> {
    let Ruma { body, caller, .. } = request;
    let reader = reader(&app, &caller).await?;
    let limit = usize::try_from(u64::from(body.limit)).unwrap_or(usize::MAX);
    let context = app.federation.context(&reader, &body.room_id, &body.event_id, limit, body.filter).await?;
    let mut response = v3::Response::new();
    response.start = Some(context.start.to_string());
    response.end = Some(context.end.to_string());
    response.events_before = context.before.into_iter().map(Raw::from_json).collect();
    response.event = Some(Raw::from_json(context.event));
    response.events_after = context.after.into_iter().map(Raw::from_json).collect();
    response.state = context.state.into_iter().map(Raw::from_json).collect();
    Ok(response)
}
