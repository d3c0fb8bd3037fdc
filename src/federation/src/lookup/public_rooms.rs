//! Directories of other servers.

use std::time::Duration;

use accounts::JsonObject;
use rooms::read::PublicRoomsRequest;
use ruma::{
    RoomId, ServerName, UInt,
    api::federation::directory::{get_public_rooms, get_public_rooms_filtered},
    directory::{Filter, RoomTypeFilter},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Federation, Result, client::Bounds};

/// How many rooms are asked for at most.
const ROOMS: usize = 500;
/// A room has a topic, which may be long.
const PAGE: Bounds = Bounds { bytes: 4 << 20, time: Duration::from_secs(15) };

/// A page of the directory of another server, as it gave it.
#[derive(Debug, Default, Deserialize, Serialize)]
pub struct PublicRoomsElsewhere {
    /// The rooms.
    pub chunk: Vec<Value>,
    /// For the next page, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_batch: Option<String>,
    /// For the page before, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prev_batch: Option<String>,
    /// How many rooms there are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_room_count_estimate: Option<u64>,
}

impl Federation {
    /// A page of the directory of another server. What is no room in it is left out.
    ///
    /// # Errors
    /// Those of [`Client::send`](crate::client::Client::send).
    pub async fn public_rooms(&self, server: &ServerName, request: PublicRoomsRequest) -> Result<PublicRoomsElsewhere> {
        let PublicRoomsRequest { since, limit, search, room_types } = request;
        let limit = u32::try_from(limit.min(ROOMS)).ok().map(UInt::from);
        // Whoever asks for nothing special asks by GET, as Synapse does: servers answer that from memory.
        let (mut page, _): (PublicRoomsElsewhere, _) = if search.is_none() && room_types.is_none() {
            let mut request = get_public_rooms::v1::Request::new();
            (request.limit, request.since) = (limit, since);
            self.look_up(server, request, PAGE).await?
        } else {
            let mut request = get_public_rooms_filtered::v1::Request::new();
            (request.limit, request.since) = (limit, since);
            request.filter = filter(search, room_types);
            self.look_up(server, request, PAGE).await?
        };
        page.chunk.retain(|room| room.as_object().is_some_and(is_room));
        Ok(page)
    }
}

fn filter(search: Option<String>, room_types: Option<Vec<Option<String>>>) -> Filter {
    let mut filter = Filter::new();
    filter.generic_search_term = search;
    filter.room_types = room_types.unwrap_or_default().into_iter().map(RoomTypeFilter::from).collect();
    filter
}

fn is_room(room: &JsonObject) -> bool {
    room.get("room_id").and_then(Value::as_str).is_some_and(|room_id| RoomId::parse(room_id).is_ok())
}
