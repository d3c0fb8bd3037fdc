//! `GET /rooms/{roomId}/relations/{eventId}`, with or without `/{relType}` and `/{eventType}`.

use std::sync::Arc;

use accounts::Session;
use rooms::{
    read::{Children, ChildrenRequest},
    relations::Kind,
};
use ruma::{
    EventId, RoomId, UInt,
    api::{
        Direction,
        client::relations::{
            get_relating_events::v1 as plain, get_relating_events_with_rel_type::v1 as with_rel_type,
            get_relating_events_with_rel_type_and_event_type::v1 as with_event_type,
        },
    },
    serde::Raw,
};
use serde::Deserialize;

use crate::{
    App, Result,
    bridge::Ruma,
    client::rooms_read::{reader, token},
};

/// How many children a page has if the client does not say.
const DEFAULT_LIMIT: usize = 50;

/// The query, which all three have in common.
struct Query {
    from: Option<String>,
    to: Option<String>,
    dir: Direction,
    limit: Option<UInt>,
    recurse: bool,
}

/// What older versions of matrix-js-sdk ask for, as of before Matrix 1.10.
#[derive(Deserialize)]
struct Unstable {
    #[serde(default, rename = "org.matrix.msc3981.recurse")]
    recurse: bool,
}

fn recurses(query: &str) -> bool {
    serde_html_form::from_str::<Unstable>(query).is_ok_and(|query| query.recurse)
}

async fn read(
    app: &App,
    caller: &Session,
    (room_id, event_id): (&RoomId, &EventId),
    kind: Kind,
    query: Query,
) -> Result<Children> {
    let reader = reader(app, caller).await?;
    let limit = query.limit.map(|limit| usize::try_from(u64::from(limit)).unwrap_or(usize::MAX));
    let request = ChildrenRequest {
        kind,
        from: token(query.from.as_deref())?,
        to: token(query.to.as_deref())?,
        backward: query.dir == Direction::Backward,
        limit: limit.unwrap_or(DEFAULT_LIMIT),
        recurse: query.recurse,
    };
    Ok(app.rooms.children(&reader, room_id, event_id, request).await?)
}

/// Reads a page of children and writes it as the response of this module.
macro_rules! answer {
    ($app:expr, $caller:expr, $body:expr, $query:expr, $kind:expr, $version:ident) => {{
        let body = $body;
        let recurse = body.recurse || recurses(&$query);
        let query = Query { from: body.from, to: body.to, dir: body.dir, limit: body.limit, recurse };
        let children = read(&$app, &$caller, (&body.room_id, &body.event_id), $kind, query).await?;
        let chunk = children.chunk.into_iter().map(Raw::from_json).collect();
        let mut response = $version::Response::new(chunk);
        response.next_batch = children.next.map(|token| token.to_string());
        response.prev_batch = children.prev.map(|token| token.to_string());
        response.recursion_depth = children.depth.map(UInt::from);
        Ok(response)
    }};
}

/// All children.
pub(super) async fn all(app: Arc<App>, request: Ruma<plain::Request>) -> Result<plain::Response> {
    let Ruma { body, caller, query, .. } = request;
    answer!(app, caller, body, query, Kind::default(), plain)
}

/// Those that relate in one way.
pub(super) async fn of_rel_type(
    app: Arc<App>,
    request: Ruma<with_rel_type::Request>,
) -> Result<with_rel_type::Response> {
    let Ruma { body, caller, query, .. } = request;
    let kind = Kind { rel_type: Some(body.rel_type.to_string()), event_type: None };
    answer!(app, caller, body, query, kind, with_rel_type)
}

/// Those that relate in one way and are of one type.
pub(super) async fn of_event_type(
    app: Arc<App>,
    request: Ruma<with_event_type::Request>,
) -> Result<with_event_type::Response> {
    let Ruma { body, caller, query, .. } = request;
    let kind = Kind { rel_type: Some(body.rel_type.to_string()), event_type: Some(body.event_type.to_string()) };
    answer!(app, caller, body, query, kind, with_event_type)
}
