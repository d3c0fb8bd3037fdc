//! `GET /rooms/{roomId}/messages`: paging through history.

use peerbrain_core::limits::PAGE_EVENTS;
use ruma::{
    RoomId,
    api::client::filter::{LazyLoadOptions, RoomEventFilter},
};
use serde_json::value::RawValue;

use super::{
    event_filter::EventFilter,
    lazy_members::{member_events, senders},
    page::{stretch, walk},
    reader::{Reader, Sight},
    token::Token,
};
use crate::{Gap, Result, Rooms, receive::gaps_of};

/// Before everything.
const BEGINNING: Token = Token::Place { depth: -1, position: 0 };

/// Which events are asked for.
#[derive(Clone, Debug)]
pub struct PageRequest {
    /// Where to begin; at the reader's end of the history where it is absent.
    pub from: Option<Token>,
    /// Where to stop.
    pub to: Option<Token>,
    /// Whether to go from new to old.
    pub backward: bool,
    /// How many events at most; cut to [`PAGE_EVENTS`] and to the filter's own limit.
    pub limit: usize,
    /// Which events count.
    pub filter: RoomEventFilter,
}

/// A page of history.
#[derive(Debug)]
pub struct Page {
    /// Where it begins.
    pub start: Token,
    /// Where the next one begins; `None` where there is nothing more to see.
    pub end: Option<Token>,
    /// The events in the order asked for.
    pub chunk: Vec<Box<RawValue>>,
    /// With lazy loading: the members who sent them.
    pub state: Vec<Box<RawValue>>,
    /// Of a page backward: the gaps that it has gone across, and one at which it ends because there is nothing before it;
    /// the newest first.
    pub gaps: Vec<Gap>,
}

impl Rooms {
    /// A page of a room's history, as far as the reader may see it.
    ///
    /// # Errors
    /// [`Error::Forbidden`](crate::Error::Forbidden) where the reader may see nothing of the room.
    pub async fn messages(&self, reader: &Reader, room_id: &RoomId, request: PageRequest) -> Result<Page> {
        let id = room_id.to_owned();
        self.reading_room(reader, room_id, move |sight| page(sight, &id, &request)).await
    }
}

fn page(sight: &mut Sight<'_>, room_id: &RoomId, request: &PageRequest) -> Result<Page> {
    let PageRequest { from, to, backward, limit, ref filter } = *request;
    let start = from.unwrap_or(if backward { Token::Arrival(sight.room.last_position.max(0)) } else { BEGINNING });
    let (oldest, newest) = if backward { (to, from) } else { (from, to) };
    let stretch = stretch(sight, oldest, newest)?;
    let limit = limit.min(limit_of(filter)).min(PAGE_EVENTS);
    if limit == 0 {
        return Ok(Page { start, end: Some(start), chunk: Vec::new(), state: Vec::new(), gaps: Vec::new() });
    }
    let found = walk(sight, &EventFilter::new(filter, room_id), stretch, backward, limit)?;
    let state = match found.seen.first() {
        Some(first) if filter.lazy_load_options != LazyLoadOptions::Disabled => {
            let senders = senders(found.seen.iter().map(|seen| &seen.event));
            let members = member_events(sight.conn, sight.rooms, first.event.state_after, &senders)?;
            sight.write_state(&members)?
        }
        _ => Vec::new(),
    };
    let gaps = if backward { gaps_in(sight, start, found.next)? } else { Vec::new() };
    Ok(Page { start, end: found.next, chunk: sight.write_seen(&found.seen)?, state, gaps })
}

fn gaps_in(sight: &mut Sight<'_>, start: Token, end: Option<Token>) -> Result<Vec<Gap>> {
    let newest = match start {
        Token::Place { depth, .. } => depth,
        Token::Arrival(_) => i64::MAX,
    };
    let oldest = match end {
        Some(Token::Place { depth, .. }) => depth,
        _ => i64::MIN,
    };
    Ok(gaps_of(sight.conn, sight.room.nid, newest)?.into_iter().take_while(|gap| gap.depth > oldest).collect())
}

/// The limit that a filter sets.
pub(super) fn limit_of(filter: &RoomEventFilter) -> usize {
    filter.limit.and_then(|limit| usize::try_from(u64::from(limit)).ok()).unwrap_or(usize::MAX)
}
