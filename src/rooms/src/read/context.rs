//! `GET /rooms/{roomId}/context/{eventId}`: what happened around an event.

use peerbrain_core::limits::PAGE_EVENTS;
use ruma::{
    EventId, RoomId,
    api::client::filter::{LazyLoadOptions, RoomEventFilter},
};
use serde_json::value::RawValue;
use store::{
    rooms::{StoredEvent, keys_without_members},
    state::{NodeReader, entries, get},
};

use super::{
    event::find_visible,
    event_filter::EventFilter,
    lazy_members::{member_events, senders},
    messages::limit_of,
    page::{Found, stretch, walk},
    reader::{Reader, Sight},
    token::Token,
};
use crate::{Result, Rooms};

/// An event and what surrounds it.
#[derive(Debug)]
pub struct Context {
    /// Before all of these events.
    pub start: Token,
    /// After all of them.
    pub end: Token,
    /// What came before the event, the newest first.
    pub before: Vec<Box<RawValue>>,
    /// The event.
    pub event: Box<RawValue>,
    /// What came after it, the oldest first.
    pub after: Vec<Box<RawValue>>,
    /// The state at the last of these events; with lazy loading no members but those who sent them.
    pub state: Vec<Box<RawValue>>,
}

impl Rooms {
    /// An event and up to `limit` events around it, as far as the reader may see them. The filter applies to all but
    /// the event itself.
    ///
    /// # Errors
    /// [`Error::Forbidden`](crate::Error::Forbidden) where the reader may see nothing of the room,
    /// [`Error::NotFound`](crate::Error::NotFound) where there is no such event for them.
    pub async fn context(
        &self,
        reader: &Reader,
        room_id: &RoomId,
        event_id: &EventId,
        limit: usize,
        filter: RoomEventFilter,
    ) -> Result<Context> {
        let (id, event_id) = (room_id.to_owned(), event_id.to_owned());
        self.reading_room(reader, room_id, move |sight| around(sight, &id, &event_id, limit, &filter)).await
    }
}

fn around(
    sight: &mut Sight<'_>,
    room_id: &RoomId,
    event_id: &EventId,
    limit: usize,
    filter: &RoomEventFilter,
) -> Result<Context> {
    let target = find_visible(sight, event_id)?;
    let limit = limit.min(limit_of(filter)).min(PAGE_EVENTS);
    let (depth, position) = (target.event.depth, target.event.position);
    let events = EventFilter::new(filter, room_id);

    let stretch_before = stretch(sight, None, Some(Token::before(depth, position)))?;
    let before = walk(sight, &events, stretch_before, true, limit / 2)?;
    let stretch_after = stretch(sight, Some(Token::after(depth, position)), None)?;
    let after = walk(sight, &events, stretch_after, false, limit - limit / 2)?;

    let oldest = before.seen.last().unwrap_or(&target);
    let start = before.next.unwrap_or(Token::before(oldest.event.depth, oldest.event.position));
    let newest = after.seen.last().unwrap_or(&target);
    let end = after.next.unwrap_or(Token::after(newest.event.depth, newest.event.position));
    let state = state_at(sight, filter, &events, &newest.event, &shown(&before, &target.event, &after))?;
    Ok(Context {
        start,
        end,
        before: sight.write_seen(&before.seen)?,
        event: sight.write_one(&target)?,
        after: sight.write_seen(&after.seen)?,
        state: sight.write_state(&state)?,
    })
}

/// All events of the answer.
fn shown(before: &Found, target: &StoredEvent, after: &Found) -> Vec<StoredEvent> {
    let around = before.seen.iter().chain(&after.seen).map(|seen| seen.event.clone());
    around.chain([target.clone()]).collect()
}

fn state_at(
    sight: &mut Sight<'_>,
    filter: &RoomEventFilter,
    events: &EventFilter<'_>,
    last: &StoredEvent,
    shown: &[StoredEvent],
) -> Result<Vec<StoredEvent>> {
    let root = last.state_after;
    let mut state = if filter.lazy_load_options == LazyLoadOptions::Disabled {
        let held = entries(&mut NodeReader::new(sight.conn, sight.rooms.nodes()), root)?;
        let nids: Vec<i64> = held.into_iter().map(|(_, event)| event).collect();
        sight.rooms.events().stored(sight.conn, &nids)?
    } else {
        let keys = keys_without_members(sight.conn, sight.room.nid)?;
        let mut nids = Vec::with_capacity(keys.len());
        for key in keys {
            nids.extend(get(&mut NodeReader::new(sight.conn, sight.rooms.nodes()), root, key)?);
        }
        let mut state = sight.rooms.events().stored(sight.conn, &nids)?;
        state.extend(member_events(sight.conn, sight.rooms, root, &senders(shown))?);
        state
    };
    state.retain(|event| events.allows(event));
    Ok(state)
}
