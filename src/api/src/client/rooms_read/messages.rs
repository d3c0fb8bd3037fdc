//! `GET /rooms/{roomId}/messages`.

use std::sync::Arc;

use rooms::read::PageRequest;
use ruma::{
    api::{Direction, client::message::get_message_events::v3},
    serde::Raw,
};

use crate::{
    App, Result,
    bridge::Ruma,
    client::rooms_read::reader::{reader, token},
};

/// A page of history.
pub(super) async fn messages(app: Arc<App>, request: Ruma<v3::Request>) -> Result<v3::Response> {
    let Ruma { body, caller, .. } = request;
    let reader = reader(&app, &caller).await?;
    let page = PageRequest {
        from: token(body.from.as_deref())?,
        to: token(body.to.as_deref())?,
        backward: body.dir == Direction::Backward,
        limit: usize::try_from(u64::from(body.limit)).unwrap_or(usize::MAX),
        filter: body.filter,
    };
    let page = app.federation.messages(&reader, &body.room_id, page).await?;
    let mut response = v3::Response::new();
    response.start = page.start.to_string();
    response.end = page.end.map(|end| end.to_string());
    response.chunk = page.chunk.into_iter().map(Raw::from_json).collect();
    response.state = page.state.into_iter().map(Raw::from_json).collect();
    Ok(response)
}
