//! What other servers can be asked about a room's past (server-server §retrieving-events).

use std::time::Duration;

use events::MAX_PDU_BYTES;
use futures_util::future::BoxFuture;
use ruma::{
    MilliSecondsSinceUnixEpoch, OwnedEventId, RoomId, ServerName, UInt,
    api::{
        Direction,
        federation::{
            authorization::get_event_authorization,
            backfill::get_backfill,
            event::{get_event, get_event_by_timestamp, get_missing_events, get_room_state, get_room_state_ids},
        },
    },
};
use serde_json::value::RawValue;

use crate::{
    Result,
    client::{Bounds, Client, Most, Place, Splitter},
};

/// Events as they came over the network.
pub(crate) type Events = Vec<Box<RawValue>>;

/// The events of a state, and what they were allowed by.
pub(crate) struct StateIds {
    pub state: Vec<OwnedEventId>,
    pub auth_chain: Vec<OwnedEventId>,
}

/// The way to other servers, for tests that have none.
pub(crate) trait Peers: Send + Sync {
    /// `POST /get_missing_events/{roomId}`: events before `latest` that do not come before `earliest`.
    fn missing_events<'a>(
        &'a self,
        server: &'a ServerName,
        room_id: &'a RoomId,
        earliest: Vec<OwnedEventId>,
        latest: Vec<OwnedEventId>,
        limit: u32,
    ) -> BoxFuture<'a, Result<Events>>;

    /// `GET /state_ids/{roomId}`: the state before an event.
    fn state_ids<'a>(
        &'a self,
        server: &'a ServerName,
        room_id: &'a RoomId,
        event_id: OwnedEventId,
    ) -> BoxFuture<'a, Result<StateIds>>;

    /// `GET /state/{roomId}`: the same with whole events, state and auth chain in one list. If it is large it has this place.
    fn state<'a>(
        &'a self,
        server: &'a ServerName,
        room_id: &'a RoomId,
        event_id: OwnedEventId,
        place: &'a Place,
    ) -> BoxFuture<'a, Result<Events>>;

    /// `GET /event/{eventId}`.
    fn event<'a>(&'a self, server: &'a ServerName, event_id: OwnedEventId) -> BoxFuture<'a, Result<Box<RawValue>>>;

    /// `GET /event_auth/{roomId}/{eventId}`: the auth chain of an event. If it is large it has this place.
    fn event_auth<'a>(
        &'a self,
        server: &'a ServerName,
        room_id: &'a RoomId,
        event_id: OwnedEventId,
        place: &'a Place,
    ) -> BoxFuture<'a, Result<Events>>;

    /// `GET /backfill/{roomId}`: these events and those before them.
    fn backfill<'a>(
        &'a self,
        server: &'a ServerName,
        room_id: &'a RoomId,
        events: Vec<OwnedEventId>,
        limit: u32,
    ) -> BoxFuture<'a, Result<Events>>;

    /// `GET /timestamp_to_event/{roomId}`: the event next to a time, in milliseconds since 1970, and its own time.
    fn timestamp_to_event<'a>(
        &'a self,
        server: &'a ServerName,
        room_id: &'a RoomId,
        ts: i64,
        backward: bool,
    ) -> BoxFuture<'a, Result<(OwnedEventId, i64)>>;
}

const fn bounds(megabytes: usize, seconds: u64) -> Bounds {
    Bounds { bytes: megabytes << 20, time: Duration::from_secs(seconds) }
}

/// One event, with what its server adds to it.
const ONE: Bounds = bounds(1, 20);
/// A page of events.
const PAGE: Bounds = bounds(16, 30);
/// The ids of a state: some 300,000.
const IDS: Bounds = bounds(16, 60);
/// A state, or an auth chain, of whole events.
const STATE: Bounds = bounds(64, 120);

/// What is taken of a page: some servers give more events than they are asked for. Each byte of one may be written as an
/// escape of six.
const OF_PAGE: Most = Most { element: 6 * MAX_PDU_BYTES, elements: 10_000, rest: 1 << 20 };
/// What is taken of a state, or an auth chain.
const OF_STATE: Most = Most { elements: 400_000, ..OF_PAGE };

impl Peers for Client {
    fn missing_events<'a>(
        &'a self,
        server: &'a ServerName,
        room_id: &'a RoomId,
        earliest: Vec<OwnedEventId>,
        latest: Vec<OwnedEventId>,
        limit: u32,
    ) -> BoxFuture<'a, Result<Events>> {
        Box::pin(async move {
            let mut request = get_missing_events::v1::Request::new(room_id.to_owned(), earliest, latest);
            request.limit = UInt::from(limit);
            self.send_split(server, request, PAGE, Splitter::new(&["events"], OF_PAGE), None).await
        })
    }

    fn state_ids<'a>(
        &'a self,
        server: &'a ServerName,
        room_id: &'a RoomId,
        event_id: OwnedEventId,
    ) -> BoxFuture<'a, Result<StateIds>> {
        Box::pin(async move {
            let request = get_room_state_ids::v1::Request::new(event_id, room_id.to_owned());
            let answer = self.send(server, request, IDS).await?;
            Ok(StateIds { state: answer.pdu_ids, auth_chain: answer.auth_chain_ids })
        })
    }

    fn state<'a>(
        &'a self,
        server: &'a ServerName,
        room_id: &'a RoomId,
        event_id: OwnedEventId,
        place: &'a Place,
    ) -> BoxFuture<'a, Result<Events>> {
        Box::pin(async move {
            let request = get_room_state::v1::Request::new(event_id, room_id.to_owned());
            let splitter = Splitter::new(&["auth_chain", "pdus"], OF_STATE);
            self.send_split(server, request, STATE, splitter, Some(place)).await
        })
    }

    fn event<'a>(&'a self, server: &'a ServerName, event_id: OwnedEventId) -> BoxFuture<'a, Result<Box<RawValue>>> {
        Box::pin(async move { Ok(self.send(server, get_event::v1::Request::new(event_id), ONE).await?.pdu) })
    }

    fn event_auth<'a>(
        &'a self,
        server: &'a ServerName,
        room_id: &'a RoomId,
        event_id: OwnedEventId,
        place: &'a Place,
    ) -> BoxFuture<'a, Result<Events>> {
        Box::pin(async move {
            let request = get_event_authorization::v1::Request::new(room_id.to_owned(), event_id);
            let splitter = Splitter::new(&["auth_chain"], OF_STATE);
            self.send_split(server, request, STATE, splitter, Some(place)).await
        })
    }

    fn backfill<'a>(
        &'a self,
        server: &'a ServerName,
        room_id: &'a RoomId,
        events: Vec<OwnedEventId>,
        limit: u32,
    ) -> BoxFuture<'a, Result<Events>> {
        Box::pin(async move {
            let request = get_backfill::v1::Request::new(room_id.to_owned(), events, UInt::from(limit));
            self.send_split(server, request, PAGE, Splitter::new(&["pdus"], OF_PAGE), None).await
        })
    }

    fn timestamp_to_event<'a>(
        &'a self,
        server: &'a ServerName,
        room_id: &'a RoomId,
        ts: i64,
        backward: bool,
    ) -> BoxFuture<'a, Result<(OwnedEventId, i64)>> {
        Box::pin(async move {
            let ts = MilliSecondsSinceUnixEpoch(UInt::try_from(ts).unwrap_or_default());
            let direction = if backward { Direction::Backward } else { Direction::Forward };
            let request = get_event_by_timestamp::v1::Request::new(room_id.to_owned(), ts, direction);
            let answer = self.send(server, request, ONE).await?;
            Ok((answer.event_id, answer.origin_server_ts.get().into()))
        })
    }
}
