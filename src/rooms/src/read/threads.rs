//! `GET /rooms/{roomId}/threads`: the threads of a room (client-server § Querying threads in a room).

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use events::redact;
use peerbrain_core::limits::PAGE_EVENTS;
use ruma::{RoomId, UserId};
use serde_json::value::RawValue;
use store::{
    relations::{ThreadRoot, thread_roots},
    rooms::{EventRow, StoredEvent, event_nids},
};

use super::{
    reader::{Reader, Sight},
    token::Token,
    visibility::{Seen, visible},
};
use crate::{Error, Result, Rooms, relations::Bundles, rules_of};

/// How many threads one request looks at for those that the reader sees something of.
const MOST_LOOKED_AT: usize = 2_000;

/// The least number of threads to look at at once, after the first look.
const NEXT_LOOK: usize = 50;

/// Which threads are asked for.
#[derive(Clone, Copy, Debug)]
pub struct ThreadsRequest {
    /// Where to begin; at the newest where it is absent.
    pub from: Option<Token>,
    /// Only those that the reader began or said something in.
    pub participated: bool,
    /// How many at most; from 1 to [`PAGE_EVENTS`].
    pub limit: usize,
}

/// A page of threads.
#[derive(Debug)]
pub struct Threads {
    /// The roots, by the newest event of each thread, whoever sent that.
    pub chunk: Vec<Box<RawValue>>,
    /// Where the next page begins, if there is one.
    pub next: Option<Token>,
}

impl Rooms {
    /// A page of the threads of a room of which the reader sees something.
    ///
    /// # Errors
    /// [`Error::Forbidden`] where the reader may see nothing of the room, [`Error::InvalidParam`] for a token that is
    /// none of this list.
    pub async fn threads(&self, reader: &Reader, room_id: &RoomId, request: ThreadsRequest) -> Result<Threads> {
        self.reading_room(reader, room_id, move |sight| page(sight, request)).await
    }
}

fn page(sight: &mut Sight<'_>, request: ThreadsRequest) -> Result<Threads> {
    let limit = request.limit.clamp(1, PAGE_EVENTS);
    let mut upto = match request.from {
        None => (i64::MAX, i64::MAX),
        Some(Token::Place { depth, position }) => (depth, position),
        Some(Token::Arrival(_)) => return Err(Error::InvalidParam("this is no token of this list".into())),
    };
    let participant = request.participated.then(|| sight.reader.user_id.clone());
    let participant = participant.as_ref().map(|user| user.as_str());
    let mut chunk = Vec::new();
    let (mut left, mut look) = (MOST_LOOKED_AT.max(limit), limit);
    loop {
        let count = i64::try_from(look).unwrap_or(i64::MAX).saturating_add(1);
        let mut rows = thread_roots(sight.conn, sight.room.nid, upto, participant, count)?;
        let mut more = rows.len() > look;
        rows.truncate(look);
        let Some(mut last) = rows.last().cloned() else { return Ok(Threads { chunk, next: None }) };
        left = left.saturating_sub(rows.len());
        let mut roots = read(sight, &rows)?;
        let wanted = limit - chunk.len();
        if roots.len() > wanted {
            more = true;
            roots.truncate(wanted);
            last = roots.last().map_or(last, |root| root.row.clone());
        }
        chunk.extend(roots.into_iter().map(|root| root.json));
        upto = match Token::before(last.depth, last.position) {
            Token::Place { depth, position } => (depth, position),
            Token::Arrival(_) => upto,
        };
        if chunk.len() >= limit || !more || left == 0 {
            let next = more.then_some(Token::Place { depth: upto.0, position: upto.1 });
            return Ok(Threads { chunk, next });
        }
        look = NEXT_LOOK.max(limit - chunk.len()).min(left);
    }
}

/// A root as it is answered.
struct Root {
    row: ThreadRoot,
    json: Box<RawValue>,
}

/// Those of these threads of which the reader sees something.
fn read(sight: &mut Sight<'_>, rows: &[ThreadRoot]) -> Result<Vec<Root>> {
    let ids: Vec<String> = rows.iter().map(|row| row.root.clone()).collect();
    let nids: Vec<i64> = event_nids(sight.conn, sight.room.nid, &ids)?.into_iter().map(|(_, nid)| nid).collect();
    let mut events = sight.rooms.events().stored(sight.conn, &nids)?;
    events.sort_by_key(|event| event.position);
    // Of an ignored user's root there remains that it is there.
    let seen = visible(sight.conn, sight.rooms, &sight.viewer, &HashSet::new(), events)?;
    let bundles = sight.bundles(&seen)?;
    let mut seen: HashMap<String, Seen> = seen.into_iter().map(|seen| (seen.event.event_id.clone(), seen)).collect();
    let (mut shown, mut roots) = (Vec::new(), Vec::new());
    for row in rows {
        if let Some(seen) = seen.remove(&row.root).filter(|seen| has_thread(&bundles, seen)) {
            shown.push(row.clone());
            roots.push(without_ignored(sight, seen)?);
        }
    }
    let written = sight.write_with(&roots, &bundles)?;
    Ok(shown.into_iter().zip(written).map(|(row, json)| Root { row, json }).collect())
}

fn has_thread(bundles: &Bundles, seen: &Seen) -> bool {
    bundles.of(seen.event.nid).is_some_and(|bundle| bundle.thread.is_some())
}

/// An event of an ignored user as if it were redacted.
fn without_ignored(sight: &Sight<'_>, seen: Seen) -> Result<Seen> {
    let ignored = &sight.reader.ignored;
    let by_ignored = !ignored.is_empty()
        && seen.event.sender != sight.reader.user_id.as_str()
        && <&UserId>::try_from(seen.event.sender.as_str()).is_ok_and(|sender| ignored.contains(sender));
    if !by_ignored {
        return Ok(seen);
    }
    let json = redact::redacted(&seen.event.json, rules_of(&sight.room)?)?;
    let row = EventRow { json, ..EventRow::clone(&seen.event.row) };
    Ok(Seen { event: StoredEvent { row: Arc::new(row), ..seen.event }, ..seen })
}
