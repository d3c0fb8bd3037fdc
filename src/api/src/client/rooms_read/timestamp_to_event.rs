//! `GET /rooms/{roomId}/timestamp_to_event`.

use std::sync::Arc;

use ruma::{
    MilliSecondsSinceUnixEpoch,
    api::{Direction, client::room::get_event_by_timestamp::v1},
};

use crate::{App, Error, Result, bridge::Ruma, client::rooms_read::reader::reader};

/// The event closest to a time.
pub(super) async fn timestamp_to_event(app: Arc<App>, request: Ruma<v1::Request>) -> Result<v1::Response> {
    let Ruma { body, caller, .. } = request;
    let reader = reader(&app, &caller).await?;
    let backward = body.dir == Direction::Backward;
    let (event_id, ts) =
        app.federation.timestamp_to_event(&reader, &body.room_id, body.ts.get().into(), backward).await?;
    let ts = ts.try_into().map_err(Error::internal)?;
    Ok(v1::Response::new(event_id, MilliSecondsSinceUnixEpoch(ts)))
}
