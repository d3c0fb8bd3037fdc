//! `PUT /room_keys/keys`, `/room_keys/keys/{roomId}` and `/room_keys/keys/{roomId}/{sessionId}`.

use std::collections::BTreeMap;

use accounts::Limit;
use actix_web::HttpResponse;
use e2ee::key_backup::{RoomKeys, SessionKey};
use serde::{Deserialize, de::DeserializeOwned};

use super::{changed, version};
use crate::{
    Result,
    bridge::Call,
    client::arguments::{limit_user, required_session},
};

type Rooms = BTreeMap<String, RoomKeys>;

#[derive(Deserialize)]
struct Parameters {
    rooms: Rooms,
}

/// Stores keys of several rooms.
pub(super) async fn all(call: Call) -> Result<HttpResponse> {
    store(&call, |_, Parameters { rooms }| Ok(rooms)).await
}

/// Stores keys of one room.
pub(super) async fn of_room(call: Call) -> Result<HttpResponse> {
    store(&call, |call, keys: RoomKeys| Ok(Rooms::from([(call.arg(0)?.to_owned(), keys)]))).await
}

/// Stores one key.
pub(super) async fn one(call: Call) -> Result<HttpResponse> {
    let in_room = |call: &Call, key: SessionKey| {
        let sessions = BTreeMap::from([(call.arg(1)?.to_owned(), key)]);
        Ok(Rooms::from([(call.arg(0)?.to_owned(), RoomKeys { sessions })]))
    };
    store(&call, in_room).await
}

async fn store<B: DeserializeOwned>(
    call: &Call,
    rooms: impl FnOnce(&Call, B) -> Result<Rooms>,
) -> Result<HttpResponse> {
    let session = required_session(call).await?;
    limit_user(call, Limit::Write, &session)?;
    let version = version(call)?;
    let rooms = rooms(call, call.json()?)?;
    Ok(changed(call.app.e2ee.store_backup_keys(&session.user_id, &version, rooms).await?))
}
