//! `GET /rooms/{roomId}/relations/{eventId}`: the children of an event (client-server § Relationships API).

use std::collections::HashSet;

use peerbrain_core::limits::PAGE_EVENTS;
use ruma::{EventId, RoomId};
use serde_json::value::RawValue;
use store::{
    Conn,
    relations::{Kind, Place, children, children_of_many},
    rooms::{Stretch, event_by_id},
};

use super::{
    page::{stretch, walk_through},
    reader::Sight,
    token::Token,
    visibility::visible,
};
use crate::{Error, Result, Rooms};

/// How many levels of children `recurse` goes down.
const LEVELS: u32 = 3;

/// How many events `recurse` collects, those nearest to where the page begins.
const MOST: usize = 10_000;

/// Which children are asked for.
#[derive(Clone, Debug)]
pub struct ChildrenRequest {
    /// How they relate, and their type.
    pub kind: Kind,
    /// Where to begin; at the end of the room, or its beginning, where it is absent.
    pub from: Option<Token>,
    /// Where to stop.
    pub to: Option<Token>,
    /// Whether to go from new to old.
    pub backward: bool,
    /// How many at most; from 1 to [`PAGE_EVENTS`].
    pub limit: usize,
    /// Whether to give the children of children too.
    pub recurse: bool,
}

/// A page of children.
#[derive(Debug)]
pub struct Children {
    /// The events in the order asked for.
    pub chunk: Vec<Box<RawValue>>,
    /// Where the next page begins, if there is one.
    pub next: Option<Token>,
    /// Where this page began, unless it is the first.
    pub prev: Option<Token>,
    /// How many levels were looked at, if that was asked for.
    pub depth: Option<u32>,
}

impl Rooms {
    /// A page of the children of an event, as far as the reader may see them.
    ///
    /// # Errors
    /// [`Error::NotFound`] where there is no such event for the reader, for whatever reason.
    pub async fn children(
        &self,
        reader: &super::Reader,
        room_id: &RoomId,
        event_id: &EventId,
        request: ChildrenRequest,
    ) -> Result<Children> {
        let event_id = event_id.to_owned();
        match self.reading_room(reader, room_id, move |sight| page(sight, &event_id, request)).await {
            Err(Error::Forbidden(_)) => Err(not_found()),
            outcome => outcome,
        }
    }
}

fn page(sight: &mut Sight<'_>, event_id: &EventId, request: ChildrenRequest) -> Result<Children> {
    let ChildrenRequest { kind, from, to, backward, limit, recurse } = request;
    require_visible(sight, event_id)?;
    let (oldest, newest) = if backward { (to, from) } else { (from, to) };
    let stretch = stretch(sight, oldest, newest)?;
    let limit = limit.clamp(1, PAGE_EVENTS);
    let found = if recurse {
        let places = descendants(sight, event_id, &kind, stretch.upto, backward)?;
        let mut source = |_: &mut Conn, stretch: &Stretch, limit| Ok(within(&places, stretch, limit));
        walk_through(sight, &mut source, |_| true, stretch, backward, limit)?
    } else {
        let room = sight.room.nid;
        let mut source = |conn: &mut Conn, stretch: &Stretch, limit| {
            Ok(children(conn, room, event_id.as_str(), &kind, stretch, backward, limit)?)
        };
        walk_through(sight, &mut source, |_| true, stretch, backward, limit)?
    };
    Ok(Children {
        chunk: sight.write_seen(&found.seen)?,
        next: found.next,
        prev: from,
        depth: recurse.then_some(LEVELS),
    })
}

/// Who ignores the author of an event may still ask what others said of it: `/threads` shows them that it is there.
fn require_visible(sight: &mut Sight<'_>, event_id: &EventId) -> Result<()> {
    let event = event_by_id(sight.conn, sight.room.nid, event_id.as_str())?.ok_or_else(not_found)?;
    let seen = visible(sight.conn, sight.rooms, &sight.viewer, &HashSet::new(), vec![event])?;
    seen.first().map(drop).ok_or_else(not_found)
}

/// The children of an event, theirs, and theirs again, in the order asked for. What comes after `upto` is left out at
/// once: a child comes after its parent. So each page backward can go on where the one before has stopped, whatever
/// there is in all; forward, [`MOST`] of the oldest can be reached.
fn descendants(
    sight: &mut Sight<'_>,
    event_id: &EventId,
    kind: &Kind,
    upto: (i64, i64),
    backward: bool,
) -> Result<Vec<Place>> {
    let mut level = vec![event_id.to_string()];
    let mut found: Vec<Place> = Vec::new();
    for _ in 0..LEVELS {
        let left = MOST.saturating_sub(found.len());
        if level.is_empty() || left == 0 {
            break;
        }
        let limit = i64::try_from(left).unwrap_or(i64::MAX);
        let born = children_of_many(sight.conn, sight.room.nid, &level, kind, upto, backward, limit)?;
        level = born.iter().map(|place| place.event_id.clone()).collect();
        found.extend(born);
    }
    found.sort_by_key(|place| (place.depth, place.position));
    if backward {
        found.reverse();
    }
    Ok(found)
}

/// The first of these places that lie in a stretch.
fn within(places: &[Place], stretch: &Stretch, limit: i64) -> Vec<i64> {
    let lies_in = |place: &&Place| {
        let at = (place.depth, place.position);
        let arrived = place.position > stretch.arrived_after && place.position <= stretch.arrived_upto;
        at > stretch.after && at <= stretch.upto && arrived
    };
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    places.iter().filter(lies_in).take(limit).map(|place| place.nid).collect()
}

fn not_found() -> Error {
    Error::NotFound("there is no such event, or you may not see it".into())
}
