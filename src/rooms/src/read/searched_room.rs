//! What a search needs of one room: what the reader may see there, what surrounds it, and how it is written.

use ruma::{RoomId, api::client::filter::RoomEventFilter};
use serde_json::{Map, Value, value::RawValue};
use store::{
    Conn,
    rooms::{MemberRow, RoomRow, StoredEvent, keys_without_members},
    state::{NodeReader, get},
};

use super::{
    content,
    event_filter::EventFilter,
    lazy_members::{member_events, senders},
    page::{stretch, walk},
    reader::{Reader, Sight},
    state::state_events,
    token::Token,
    viewer::{Standing, Viewer},
    visibility::{Seen, visible},
};
use crate::{Error, Result, Rooms};

/// Members up to which a whole state is given.
const FEW_MEMBERS: i64 = 500;

/// A room that its reader is or was in.
pub struct SearchedRoom<'a> {
    rooms: &'a Rooms,
    reader: &'a Reader,
    room: RoomRow,
    viewer: Viewer,
}

/// What surrounds an event.
#[derive(Debug)]
pub struct Surroundings {
    /// Before all of it.
    pub start: Token,
    /// After all of it.
    pub end: Token,
    /// What came before the event, the newest first.
    pub before: Vec<Seen>,
    /// What came after it, the oldest first.
    pub after: Vec<Seen>,
}

impl<'a> SearchedRoom<'a> {
    /// The room, if its reader is or was in it; `member` is the reader's row.
    pub fn open(
        conn: &mut Conn,
        rooms: &'a Rooms,
        reader: &'a Reader,
        room: RoomRow,
        member: &MemberRow,
    ) -> Result<Option<Self>> {
        let viewer = Viewer::with_member(conn, rooms, room.nid, &reader.user_id, Some(member))?;
        let was_there = !matches!(viewer.standing, Standing::Outside);
        Ok(was_there.then_some(Self { rooms, reader, room, viewer }))
    }

    /// Its id.
    pub fn room_id(&self) -> &str {
        &self.room.room_id
    }

    /// Those of these events that the filter allows and the reader may see. After leaving that is nothing, even where
    /// anybody may read the room: it is searched as far as the reader was in it.
    pub fn see(&self, conn: &mut Conn, filter: &RoomEventFilter, mut events: Vec<StoredEvent>) -> Result<Vec<Seen>> {
        let filter = EventFilter::new(filter, self.id()?);
        let until = match &self.viewer.standing {
            Standing::Departed { left, .. } => left.position,
            _ => i64::MAX,
        };
        events.retain(|event| event.position <= until && filter.allows(event));
        visible(conn, self.rooms, &self.viewer, &self.reader.ignored, events)
    }

    /// What surrounds an event that the reader sees.
    pub fn around(&self, conn: &mut Conn, event: &StoredEvent, before: usize, after: usize) -> Result<Surroundings> {
        let all = RoomEventFilter::default();
        let filter = EventFilter::new(&all, self.id()?);
        let sight = &mut self.sight(conn);
        let (from, to) = (Token::before(event.depth, event.position), Token::after(event.depth, event.position));
        let back = stretch(sight, None, Some(from))?;
        let before = walk(sight, &filter, back, true, before)?;
        let forth = stretch(sight, Some(to), None)?;
        let after = walk(sight, &filter, forth, false, after)?;
        let oldest = before.seen.last().map_or(from, |seen| Token::before(seen.event.depth, seen.event.position));
        let newest = after.seen.last().map_or(to, |seen| Token::after(seen.event.depth, seen.event.position));
        Ok(Surroundings {
            start: before.next.unwrap_or(oldest),
            end: after.next.unwrap_or(newest),
            before: before.seen,
            after: after.seen,
        })
    }

    /// Writes what the reader has been found to see.
    pub fn write(&self, conn: &mut Conn, seen: &[Seen]) -> Result<Vec<Box<RawValue>>> {
        self.sight(conn).write_seen(seen)
    }

    /// The newest state that the reader may see; of a large room without members but these.
    pub fn state(&self, conn: &mut Conn, members: &[&str]) -> Result<Vec<Box<RawValue>>> {
        let root = self.viewer.state_root(&self.room);
        let mut sight = self.sight(conn);
        let events = if self.room.joined <= FEW_MEMBERS {
            state_events(&mut sight, root)?
        } else {
            let keys = keys_without_members(sight.conn, sight.room.nid)?;
            let mut nids = Vec::with_capacity(keys.len());
            for key in keys {
                nids.extend(get(&mut NodeReader::new(sight.conn, sight.rooms.nodes()), root, key)?);
            }
            let mut events = sight.rooms.events().stored(sight.conn, &nids)?;
            events.extend(member_events(sight.conn, sight.rooms, root, members)?);
            events
        };
        sight.write_state(&events)
    }

    /// The names and pictures that the senders of these events had at the last of them.
    pub fn profiles(&self, conn: &mut Conn, events: &[&StoredEvent]) -> Result<Map<String, Value>> {
        let last = events.iter().max_by_key(|event| (event.depth, event.position));
        let Some(last) = last else { return Ok(Map::new()) };
        let senders = senders(events.iter().copied());
        let members = member_events(conn, self.rooms, last.state_after, &senders)?;
        let profile = |member: &StoredEvent| {
            let field = |name: &str| content::text(member, name).map(|text| (name.to_owned(), Value::from(text)));
            let fields: Map<String, Value> = ["displayname", "avatar_url"].into_iter().filter_map(field).collect();
            Some((member.state_key.clone()?, Value::Object(fields)))
        };
        Ok(members.iter().filter_map(profile).collect())
    }

    fn id(&self) -> Result<&RoomId> {
        <&RoomId>::try_from(self.room.room_id.as_str())
            .map_err(|_| Error::Internal(format!("stored room id {:?}", self.room.room_id)))
    }

    fn sight<'b>(&'b self, conn: &'b mut Conn) -> Sight<'b> {
        let (room, viewer) = (self.room.clone(), self.viewer.clone());
        Sight { rooms: self.rooms, conn, reader: self.reader, room, viewer }
    }
}
