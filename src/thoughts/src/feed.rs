//! The home feed: what the owners of all timelines that one follows have said, as it arrived.

use std::collections::HashMap;

use rooms::{
    Reader,
    read::{Membership, SearchedRoom},
};
use ruma::api::client::filter::RoomEventFilter;
use serde_json::value::RawValue;
use store::{
    Conn,
    rooms::{MemberRow, RoomRow, StoredEvent, rooms_by_nid, rooms_of_user},
    timelines::{TimelineEvent, newest_of_timelines, oldest_of_timelines, timelines_among},
};
use vocabulary::{Feed, FeedFilter, MAX_FEED_LIMIT};

use crate::{Result, Thoughts, token};

/// Thoughts of one page where the request says nothing.
const LIMIT: u32 = 20;

/// What is asked for.
#[derive(Clone, Debug, Default)]
pub struct FeedRequest {
    /// From old to new.
    pub forward: bool,
    /// Where to begin: a token of an answer before. Without it at the newest, or going forward at the oldest.
    pub from: Option<String>,
    /// How many at most; cut to [`MAX_FEED_LIMIT`].
    pub limit: Option<u32>,
    /// Which of them.
    pub filter: FeedFilter,
}

impl Thoughts {
    /// A page of the feed of a user.
    ///
    /// # Errors
    /// [`Error::InvalidParam`](crate::Error::InvalidParam) for a token that is none, or another user's.
    pub async fn feed(&self, reader: &Reader, request: FeedRequest) -> Result<Feed<Box<RawValue>>> {
        let from = request.from.as_deref().filter(|from| !from.is_empty());
        let from = from.map(|from| token::read(&reader.user_id, from)).transpose()?;
        let (thoughts, reader) = (self.clone(), reader.clone());
        self.read(move |conn, now| thoughts.page(conn, &reader, &request, from, now)).await
    }

    fn page(
        &self,
        conn: &mut Conn,
        reader: &Reader,
        request: &FeedRequest,
        from: Option<i64>,
        now: i64,
    ) -> Result<Feed<Box<RawValue>>> {
        let limit = usize::try_from(request.limit.unwrap_or(LIMIT).clamp(1, MAX_FEED_LIMIT)).unwrap_or(1);
        let places = self.places(conn, reader, &request.filter)?;
        let rooms: Vec<i64> = places.keys().copied().collect();
        // Going back begins after the newest, so that what comes next is new to whoever goes forward from there.
        let start = from.unwrap_or(if request.forward { 0 } else { now });
        let found = if request.forward {
            oldest_of_timelines(conn, &rooms, start, limit)?
        } else {
            newest_of_timelines(conn, &rooms, from.unwrap_or(i64::MAX), limit)?
        };
        let last = found.last().filter(|_| found.len() == limit).map(|event| event.position);
        let end = last.map(|position| token::write(&reader.user_id, position));
        let chunk = self.see(conn, reader, places, &found)?;
        Ok(Feed { chunk, start: token::write(&reader.user_id, start), end })
    }

    /// The timelines in which the reader is, as far as they are asked for.
    fn places(
        &self,
        conn: &mut Conn,
        reader: &Reader,
        filter: &FeedFilter,
    ) -> Result<HashMap<i64, (RoomRow, MemberRow)>> {
        let members = rooms_of_user(conn, reader.user_id.as_str(), &[Membership::Join])?;
        let members: HashMap<i64, MemberRow> = members.into_iter().map(|member| (member.room, member)).collect();
        let nids: Vec<i64> = members.keys().copied().collect();
        let of_ignored = |owner: &str| reader.ignored.iter().any(|ignored| ignored.as_str() == owner);
        let allowed = |owner: &str| {
            !of_ignored(owner)
                && !filter.not_senders.iter().any(|sender| sender == owner)
                && filter.senders.as_ref().is_none_or(|senders| senders.iter().any(|sender| sender == owner))
        };
        let timelines = timelines_among(conn, &nids)?.into_iter().filter(|timeline| allowed(&timeline.owner));
        let nids: Vec<i64> = timelines.map(|timeline| timeline.room).collect();
        let named = |id: &str| {
            !filter.not_rooms.iter().any(|room| room == id)
                && filter.rooms.as_ref().is_none_or(|rooms| rooms.iter().any(|room| room == id))
        };
        let rooms = rooms_by_nid(conn, &nids)?.into_iter().filter(|room| named(&room.room_id));
        Ok(rooms.filter_map(|room| Some((room.nid, (room.clone(), members.get(&room.nid)?.clone())))).collect())
    }

    /// Those that the reader may see, as clients get them, each with its room's id.
    pub(crate) fn see(
        &self,
        conn: &mut Conn,
        reader: &Reader,
        mut places: HashMap<i64, (RoomRow, MemberRow)>,
        found: &[TimelineEvent],
    ) -> Result<Vec<Box<RawValue>>> {
        let nids: Vec<i64> = found.iter().map(|event| event.event).collect();
        let mut by_room: HashMap<i64, Vec<StoredEvent>> = HashMap::new();
        for event in self.rooms.events().stored(conn, &nids)? {
            by_room.entry(event.room).or_default().push(event);
        }
        let mut written: HashMap<i64, Box<RawValue>> = HashMap::new();
        for (nid, mut events) in by_room {
            let Some((room, member)) = places.remove(&nid) else { continue };
            let Some(place) = SearchedRoom::open(conn, &self.rooms, reader, room, &member)? else { continue };
            // The filter for visibility wants the order of arrival.
            events.sort_unstable_by_key(|event| std::cmp::Reverse(event.position));
            let seen = place.see(conn, &RoomEventFilter::default(), events)?;
            let nids: Vec<i64> = seen.iter().map(|seen| seen.event.nid).collect();
            written.extend(nids.into_iter().zip(place.write(conn, &seen)?));
        }
        Ok(found.iter().filter_map(|event| written.remove(&event.event)).collect())
    }
}
