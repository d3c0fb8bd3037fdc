//! Walks the history of a room, event by event that the reader may see.

use std::collections::HashSet;

use ruma::OwnedUserId;
use store::{
    Conn,
    rooms::{
        EventRow, RoomRow, StoredEvent, Stretch, depth_of_gap_after, highest_depth_before, history, lowest_depth_after,
    },
};

use super::{
    event_filter::EventFilter,
    reader::Sight,
    token::Token,
    visibility::{Seen, visible},
};
use crate::Result;

/// How many events one request looks at, so that neither a filter that nothing passes nor a long invisible past holds
/// a connection: the client goes on from the token it is given.
const MOST_LOOKED_AT: usize = 2_000;

/// The least number of events to look at once the first look did not suffice.
const NEXT_LOOK: usize = 200;

/// Where the events of a walk come from.
pub(super) type Source<'s> = dyn FnMut(&mut Conn, &Stretch, i64) -> Result<Vec<i64>> + 's;

/// What was found.
pub(super) struct Found {
    /// The events in the order of the walk.
    pub seen: Vec<Seen>,
    /// Where to go on; `None` at the end.
    pub next: Option<Token>,
}

/// Limits a walk by tokens and by what the reader may see at all. A walk backward starts at `newest` and ends at
/// `oldest`.
pub(super) fn stretch(sight: &mut Sight<'_>, oldest: Option<Token>, newest: Option<Token>) -> Result<Stretch> {
    let mut stretch = Stretch::WHOLE;
    if let Some(position) = sight.viewer.newest_position() {
        end_at(sight.conn, &sight.room, &mut stretch, position)?;
    }
    match newest {
        None => {}
        Some(Token::Place { depth, position }) => stretch.upto = stretch.upto.min((depth, position)),
        Some(Token::Arrival(position)) => end_at(sight.conn, &sight.room, &mut stretch, position)?,
    }
    match oldest {
        None => {}
        Some(Token::Place { depth, position }) => stretch.after = (depth, position),
        Some(Token::Arrival(position)) => begin_after(sight.conn, &sight.room, &mut stretch, position)?,
    }
    Ok(stretch)
}

/// Ends a stretch at a position in the order of arrival. The greatest depth near it spares the walk from stepping
/// over all that has arrived since.
fn end_at(conn: &mut Conn, room: &RoomRow, stretch: &mut Stretch, position: i64) -> Result<()> {
    stretch.arrived_upto = stretch.arrived_upto.min(position);
    if position < room.last_position {
        let depth = highest_depth_before(conn, room.nid, position)?.max(depth_of_gap_after(conn, room.nid, position)?);
        stretch.upto = stretch.upto.min((depth.unwrap_or(i64::MIN), i64::MAX));
    }
    Ok(())
}

/// Begins a stretch after a position in the order of arrival.
fn begin_after(conn: &mut Conn, room: &RoomRow, stretch: &mut Stretch, position: i64) -> Result<()> {
    stretch.arrived_after = position;
    let depth = if position < room.last_position { lowest_depth_after(conn, room.nid, position)? } else { None };
    stretch.after = (depth.unwrap_or(i64::MAX), i64::MIN);
    Ok(())
}

/// Walks a stretch until `limit` events are found, the stretch ends, or enough was looked at.
pub(super) fn walk(
    sight: &mut Sight<'_>,
    filter: &EventFilter<'_>,
    stretch: Stretch,
    backward: bool,
    limit: usize,
) -> Result<Found> {
    if filter.allows_nothing() {
        return Ok(Found { seen: Vec::new(), next: None });
    }
    let room = sight.room.nid;
    let mut source = |conn: &mut Conn, stretch: &Stretch, limit| Ok(history(conn, room, stretch, backward, limit)?);
    walk_through(sight, &mut source, |event| filter.allows(event), stretch, backward, limit)
}

/// The same through what `source` gives: the numbers of the first events of a stretch, or of the last ones, the last
/// first.
pub(super) fn walk_through(
    sight: &mut Sight<'_>,
    source: &mut Source<'_>,
    wanted: impl Fn(&EventRow) -> bool,
    mut stretch: Stretch,
    backward: bool,
    limit: usize,
) -> Result<Found> {
    let mut found = Found { seen: Vec::new(), next: None };
    let mut left = MOST_LOOKED_AT.max(limit);
    let mut look = limit;
    if limit == 0 {
        return Ok(found);
    }
    loop {
        let (events, more) = next_events(sight, source, &stretch, look)?;
        let Some(last) = events.last().map(|event| point(event, backward)) else { return Ok(found) };
        left = left.saturating_sub(events.len());
        let missing = limit - found.seen.len();
        let events = events.into_iter().filter(|event| wanted(event)).collect();
        let mut seen = visible(sight.conn, sight.rooms, &sight.viewer, ignored(sight), events)?;
        let full = seen.len() >= missing;
        let cut = seen.len() > missing;
        seen.truncate(missing);
        found.seen.append(&mut seen);
        let stop = found.seen.last().filter(|_| cut).map_or(last, |seen| point(&seen.event, backward));
        if full || !more || left == 0 {
            found.next = (more || cut).then_some(stop);
            return Ok(found);
        }
        cut_off(&mut stretch, last, backward);
        look = NEXT_LOOK.max(limit - found.seen.len()).min(left);
    }
}

fn ignored<'a>(sight: &Sight<'a>) -> &'a HashSet<OwnedUserId> {
    &sight.reader.ignored
}

/// The next events of a stretch, and whether there are more behind them.
fn next_events(
    sight: &mut Sight<'_>,
    source: &mut Source<'_>,
    stretch: &Stretch,
    number: usize,
) -> Result<(Vec<StoredEvent>, bool)> {
    let limit = i64::try_from(number).unwrap_or(i64::MAX).saturating_add(1);
    let mut nids = source(sight.conn, stretch, limit)?;
    let more = nids.len() > number;
    nids.truncate(number);
    Ok((sight.rooms.events().stored(sight.conn, &nids)?, more))
}

/// The point behind an event in the direction of the walk.
fn point(event: &StoredEvent, backward: bool) -> Token {
    if backward { Token::before(event.depth, event.position) } else { Token::after(event.depth, event.position) }
}

fn cut_off(stretch: &mut Stretch, last: Token, backward: bool) {
    if let Token::Place { depth, position } = last {
        let end = if backward { &mut stretch.upto } else { &mut stretch.after };
        *end = (depth, position);
    }
}
