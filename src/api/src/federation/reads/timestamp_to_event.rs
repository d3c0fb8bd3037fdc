//! `GET /timestamp_to_event/{roomId}`.

use std::sync::Arc;

use federation::Cost;
use ruma::{
    MilliSecondsSinceUnixEpoch,
    api::{
        Direction,
        federation::event::get_event_by_timestamp::v1::{Request, Response},
    },
};

use crate::{App, Error, Result, bridge::Ruma};

/// The event closest to a time.
pub(super) async fn timestamp_to_event(app: Arc<App>, request: Ruma<Request>) -> Result<Response> {
    let Ruma { body: Request { room_id, ts, dir, .. }, caller, .. } = request;
    let _reading = app.federation.begin_read(&caller, Cost::Page).await?;
    let backward = dir == Direction::Backward;
    let (event_id, ts) = app.rooms.timestamp_for_server(&caller, &room_id, ts.get().into(), backward).await?;
    let ts = ts.try_into().map_err(Error::internal)?;
    Ok(Response::new(event_id, MilliSecondsSinceUnixEpoch(ts)))
}
