//! `GET` and `POST /publicRooms`: the directory of published rooms.

use peerbrain_core::limits::PAGE_ROOMS;
use serde::Serialize;
use store::{
    Conn,
    rooms::{RoomRow, published_count, published_rooms},
};

use super::preview::{RoomSummary, summaries};
use crate::{Error, Result, Rooms};

/// How many published rooms one search looks at; the client goes on from the token it is given.
const MOST_LOOKED_AT: usize = 2_000;

/// How many rooms a search looks at in one go.
const LOOK: usize = 200;

/// The place before all rooms in the order of the directory.
const TOP: (i64, i64) = (i64::MAX, i64::MIN);

/// Which rooms are asked for.
#[derive(Clone, Debug, Default)]
pub struct PublicRoomsRequest {
    /// A token of an earlier answer.
    pub since: Option<String>,
    /// How many rooms at most; cut to [`PAGE_ROOMS`].
    pub limit: usize,
    /// Only rooms with this in their name, topic or alias.
    pub search: Option<String>,
    /// Only rooms of these types; `None` in the list is a room without type.
    pub room_types: Option<Vec<Option<String>>>,
}

/// A page of the directory.
#[derive(Clone, Debug, Default, Serialize)]
pub struct PublicRooms {
    /// The rooms, those with most joined members first.
    pub chunk: Vec<RoomSummary>,
    /// For the next page, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_batch: Option<String>,
    /// For the page before, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prev_batch: Option<String>,
    /// How many rooms are published.
    pub total_room_count_estimate: i64,
}

/// A place in the order of the directory, (joined members, room's number), and the direction to go from there.
#[derive(Clone, Copy)]
struct Since {
    place: (i64, i64),
    backward: bool,
}

impl Rooms {
    /// A page of this server's directory.
    ///
    /// # Errors
    /// [`Error::InvalidParam`] for a token that is none of ours.
    pub async fn public_rooms(&self, request: PublicRoomsRequest) -> Result<PublicRooms> {
        let since = request.since.as_deref().map(read).transpose()?;
        self.reading(move |_, conn| page(conn, since, &Wanted::new(&request), request.limit.clamp(1, PAGE_ROOMS))).await
    }
}

fn page(conn: &mut Conn, since: Option<Since>, wanted: &Wanted, limit: usize) -> Result<PublicRooms> {
    let Since { mut place, backward } = since.unwrap_or(Since { place: TOP, backward: false });
    let look = if wanted.is_everything() { limit } else { LOOK };
    let mut found: Vec<(RoomRow, RoomSummary)> = Vec::new();
    let mut looked_at = 0;
    let more = loop {
        let number = i64::try_from(look).unwrap_or(i64::MAX).saturating_add(1);
        let mut rooms = published_rooms(conn, place, backward, number)?;
        let more = rooms.len() > look;
        rooms.truncate(look);
        let Some(last) = rooms.last().map(place_of) else { break false };
        looked_at += rooms.len();
        let summaries = summaries(conn, &rooms)?;
        let mut matching: Vec<_> = rooms.into_iter().zip(summaries).filter(|(_, room)| wanted.has(room)).collect();
        let missing = limit - found.len();
        let cut = matching.len() > missing;
        matching.truncate(missing);
        found.append(&mut matching);
        place = if cut { found.last().map_or(last, |(room, _)| place_of(room)) } else { last };
        if cut || !more || found.len() == limit || looked_at >= MOST_LOOKED_AT {
            break more || cut;
        }
    };
    let onward = more.then_some(place);
    if backward {
        found.reverse();
    }
    let back = if since.is_some() { if backward { found.last() } else { found.first() } } else { None };
    let back = back.map(|(room, _)| place_of(room));
    let (next, previous) = if backward { (back, onward) } else { (onward, back) };
    Ok(PublicRooms {
        next_batch: next.map(|place| write(place, false)),
        prev_batch: previous.map(|place| write(place, true)),
        chunk: found.into_iter().map(|(_, room)| for_directory(room)).collect(),
        total_room_count_estimate: published_count(conn)?,
    })
}

fn place_of(room: &RoomRow) -> (i64, i64) {
    (room.joined, room.nid)
}

/// The directory says less than a summary.
fn for_directory(room: RoomSummary) -> RoomSummary {
    RoomSummary { allowed_room_ids: Vec::new(), encryption: None, room_version: None, ..room }
}

fn write((joined, nid): (i64, i64), backward: bool) -> String {
    format!("{}{joined}_{nid}", if backward { 'p' } else { 'n' })
}

fn read(token: &str) -> Result<Since> {
    let unknown = || Error::InvalidParam("this is not a token of the room directory".into());
    let (direction, place) = token.split_at_checked(1).ok_or_else(unknown)?;
    let backward = match direction {
        "n" => false,
        "p" => true,
        _ => return Err(unknown()),
    };
    let (joined, nid) = place.split_once('_').ok_or_else(unknown)?;
    match (joined.parse(), nid.parse()) {
        (Ok(joined), Ok(nid)) => Ok(Since { place: (joined, nid), backward }),
        _ => Err(unknown()),
    }
}

/// What a search is for.
struct Wanted {
    term: Option<String>,
    room_types: Option<Vec<Option<String>>>,
}

impl Wanted {
    fn new(request: &PublicRoomsRequest) -> Self {
        let term = request.search.as_deref().map(str::trim).filter(|term| !term.is_empty());
        Self { term: term.map(str::to_lowercase), room_types: request.room_types.clone() }
    }

    fn is_everything(&self) -> bool {
        self.term.is_none() && self.room_types.is_none()
    }

    fn has(&self, room: &RoomSummary) -> bool {
        let of_type = self.room_types.as_ref().is_none_or(|types| types.contains(&room.room_type));
        let texts = [&room.name, &room.topic, &room.canonical_alias];
        let named = self
            .term
            .as_ref()
            .is_none_or(|term| texts.into_iter().flatten().any(|text| text.to_lowercase().contains(term)));
        of_type && named
    }
}
