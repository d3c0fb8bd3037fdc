//! The events that match, as far as the reader may see them.

use std::collections::HashMap;

use rooms::{
    Reader, Rooms, Seen,
    read::{Membership, SearchedRoom},
};
use store::{
    Conn,
    rooms::{MemberRow, RoomRow, StoredEvent, rooms_by_nid, rooms_of_user},
    search::{self, Part, WordQuery},
};

use super::Criteria;
use crate::Result;

/// Matches that one search looks at; beyond them by time it goes on with a token, by rank it ends.
pub(super) const MATCHES: i64 = 1_000;

const ALL: [Membership; 5] =
    [Membership::Join, Membership::Invite, Membership::Knock, Membership::Leave, Membership::Ban];

/// What was found.
pub(super) struct Candidates<'a> {
    /// Rooms with something in them, by number.
    pub rooms: HashMap<i64, SearchedRoom<'a>>,
    /// Newest first.
    pub seen: Vec<Seen>,
    /// The number of the oldest match that was looked at, if there may be more behind it.
    pub more_before: Option<i64>,
}

/// Looks for events with numbers below `before`.
pub(super) fn candidates<'a>(
    conn: &mut Conn,
    rooms: &'a Rooms,
    reader: &'a Reader,
    criteria: &Criteria,
    parts: Vec<Part>,
    before: i64,
) -> Result<Candidates<'a>> {
    let mut candidates = Candidates { rooms: HashMap::new(), seen: Vec::new(), more_before: None };
    let mut places = places(conn, reader, criteria)?;
    let fields = criteria.fields.clone().unwrap_or_default();
    if criteria.fields.as_ref().is_some_and(Vec::is_empty) {
        return Ok(candidates);
    }
    let query = WordQuery { parts, rooms: places.keys().copied().collect(), fields, before };
    let nids = search::matching(conn, &query, MATCHES)?;
    let full = i64::try_from(nids.len()).is_ok_and(|found| found >= MATCHES);
    candidates.more_before = nids.last().copied().filter(|_| full);
    let mut events = rooms.events().stored_map(conn, &nids)?;
    let mut by_room: HashMap<i64, Vec<StoredEvent>> = HashMap::new();
    for event in nids.iter().filter_map(|nid| events.remove(nid)) {
        by_room.entry(event.room).or_default().push(event);
    }
    for (nid, mut events) in by_room {
        let Some((room, member)) = places.remove(&nid) else { continue };
        let Some(place) = SearchedRoom::open(conn, rooms, reader, room, &member)? else { continue };
        // The filter for visibility wants the order of arrival.
        events.sort_unstable_by_key(|event| std::cmp::Reverse(event.position));
        let seen = place.see(conn, &criteria.filter, events)?;
        if !seen.is_empty() {
            candidates.seen.extend(seen);
            candidates.rooms.insert(nid, place);
        }
    }
    candidates.seen.sort_unstable_by_key(|seen| std::cmp::Reverse(seen.event.nid));
    Ok(candidates)
}

/// The rooms that are searched: those with which the reader has anything to do, but for encrypted ones, as far as the
/// filter names them.
fn places(conn: &mut Conn, reader: &Reader, criteria: &Criteria) -> Result<HashMap<i64, (RoomRow, MemberRow)>> {
    let members = rooms_of_user(conn, reader.user_id.as_str(), &ALL)?;
    let members: HashMap<i64, MemberRow> =
        members.into_iter().filter(|member| !member.forgotten).map(|member| (member.room, member)).collect();
    let nids: Vec<i64> = members.keys().copied().collect();
    let encrypted = search::encrypted(conn, &nids)?;
    let filter = &criteria.filter;
    let named = |id: &str| {
        !filter.not_rooms.iter().any(|room| room == id)
            && filter.rooms.as_ref().is_none_or(|rooms| rooms.iter().any(|room| room == id))
    };
    let mut places = HashMap::with_capacity(nids.len());
    for room in rooms_by_nid(conn, &nids)? {
        if named(&room.room_id)
            && !encrypted.contains(&room.nid)
            && let Some(member) = members.get(&room.nid)
        {
            places.insert(room.nid, (room, member.clone()));
        }
    }
    Ok(places)
}
