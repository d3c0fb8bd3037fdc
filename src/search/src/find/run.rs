//! From criteria to an answer.

use std::collections::{BTreeMap, HashMap};

use peerbrain_core::limits::SEARCH_TERM_BYTES;
use rooms::{Reader, Rooms, Seen, read::SearchedRoom};
use store::{Conn, search::Part};

use super::{
    Answer, ContextRequest, Criteria, Group, GroupKey, Hit, HitContext,
    candidates::{Candidates, candidates},
    highlights::highlights,
    rank::rank,
    token::Token,
};
use crate::{
    Error, Result, Search,
    index::own_text,
    words::{parts, too_many},
};

/// Results of one page where the filter says nothing.
const PAGE: usize = 10;
/// Results of one page at most.
const LARGEST_PAGE: usize = 50;
/// Events on each side of a result at most.
const SURROUNDING: usize = 20;

impl Search {
    /// Searches all rooms that the reader is or was in, as far as they were there.
    ///
    /// # Errors
    /// [`Error::InvalidParam`] for more words than one may look for, or a token of another search.
    pub async fn search(&self, reader: &Reader, criteria: Criteria) -> Result<Answer> {
        if criteria.term.len() > SEARCH_TERM_BYTES {
            return Err(Error::InvalidParam("this is too long to search for".into()));
        }
        let parts = parts(&criteria.term);
        if too_many(&parts) {
            return Err(Error::InvalidParam("these are too many words to search for".into()));
        }
        let from = match &criteria.next_batch {
            Some(token) => Token::read(token, criteria.order_by)?,
            None => Token::first(criteria.order_by),
        };
        let (rooms, reader) = (self.rooms.clone(), reader.clone());
        let read = move |conn: &mut Conn, _| match run(conn, &rooms, &reader, &criteria, &parts, from) {
            // Errors of the store go the store's way, so that it notices a dead connection.
            Err(Error::Store(error) | Error::Rooms(rooms::Error::Store(error))) => Err(error),
            outcome => Ok(outcome),
        };
        self.rooms.store().slow_snapshot(read).await?
    }
}

/// A result on its way into the answer.
struct Ranked {
    rank: f64,
    seen: Seen,
    text: String,
}

fn run(
    conn: &mut Conn,
    rooms: &Rooms,
    reader: &Reader,
    criteria: &Criteria,
    parts: &[Part],
    from: Token,
) -> Result<Answer> {
    let before = match from {
        Token::Recent { before, .. } => before,
        Token::Rank { .. } => i64::MAX,
    };
    let found = candidates(conn, rooms, reader, criteria, parts.to_vec(), before)?;
    let Candidates { rooms: places, seen, more_before } = found;
    let mut ranked: Vec<Ranked> = seen.into_iter().map(|seen| ranked(seen, parts)).collect();
    let page = criteria.filter.limit.and_then(|limit| usize::try_from(u64::from(limit)).ok()).unwrap_or(PAGE);
    let page = page.min(LARGEST_PAGE);
    let total = ranked.len();
    let (given, next) = match from {
        Token::Recent { given, .. } => {
            ranked.truncate(page);
            let last = ranked.last().filter(|_| total > page).map(|last| last.seen.event.nid);
            let next = last.or(more_before).filter(|_| page > 0);
            (given, next.map(|before| Token::Recent { before, given: given.saturating_add(ranked.len()) }))
        }
        Token::Rank { given } => {
            ranked.sort_by(|a, b| b.rank.total_cmp(&a.rank));
            let end = given.saturating_add(page);
            ranked = ranked.into_iter().skip(given).take(page).collect();
            (0, (total > end && page > 0).then_some(Token::Rank { given: end }))
        }
    };
    let highlights = highlights(&criteria.term, ranked.iter().map(|hit| hit.text.as_str()));
    let mut answer = Answer {
        count: total.saturating_add(given),
        highlights,
        next_batch: next.map(|next| next.to_string()),
        groups: groups(&ranked, &places, &criteria.group_by),
        ..Answer::default()
    };
    if criteria.include_state {
        answer.state = Some(states(conn, reader, &ranked, &places)?);
    }
    for hit in ranked {
        let Some(room) = places.get(&hit.seen.event.room) else { continue };
        let context = criteria.context.map(|wanted| context(conn, room, &hit.seen, wanted)).transpose()?;
        for result in room.write(conn, std::slice::from_ref(&hit.seen))? {
            answer.results.push(Hit { rank: hit.rank, result, context: None });
        }
        if let Some(last) = answer.results.last_mut() {
            last.context = context;
        }
    }
    Ok(answer)
}

fn ranked(seen: Seen, parts: &[Part]) -> Ranked {
    let text = own_text(&seen.event).map(|(_, text)| text).unwrap_or_default();
    Ranked { rank: rank(&text, parts), seen, text }
}

type Places<'a> = HashMap<i64, SearchedRoom<'a>>;

fn groups(
    hits: &[Ranked],
    places: &Places<'_>,
    keys: &[GroupKey],
) -> Option<BTreeMap<&'static str, BTreeMap<String, Group>>> {
    let mut all: BTreeMap<&'static str, BTreeMap<String, Group>> = BTreeMap::new();
    for key in keys {
        let mut groups: BTreeMap<String, Group> = BTreeMap::new();
        for hit in hits {
            let event = &hit.seen.event;
            let name = match key {
                GroupKey::Sender => event.sender.as_str(),
                GroupKey::Room => places.get(&event.room).map(SearchedRoom::room_id).unwrap_or_default(),
            };
            let order = groups.len() + 1;
            let group = groups.entry(name.to_owned()).or_insert_with(|| Group { order, results: Vec::new() });
            group.results.push(event.event_id.clone());
        }
        all.insert(key.as_str(), groups);
    }
    (!keys.is_empty()).then_some(all)
}

fn states(
    conn: &mut Conn,
    reader: &Reader,
    hits: &[Ranked],
    places: &Places<'_>,
) -> Result<BTreeMap<String, Vec<Box<serde_json::value::RawValue>>>> {
    let mut states = BTreeMap::new();
    for hit in hits {
        let Some(room) = places.get(&hit.seen.event.room) else { continue };
        if states.contains_key(room.room_id()) {
            continue;
        }
        let of_room = hits.iter().filter(|other| other.seen.event.room == hit.seen.event.room);
        let mut members: Vec<&str> = of_room.map(|other| other.seen.event.sender.as_str()).collect();
        members.push(reader.user_id.as_str());
        members.sort_unstable();
        members.dedup();
        states.insert(room.room_id().to_owned(), room.state(conn, &members)?);
    }
    Ok(states)
}

fn context(conn: &mut Conn, room: &SearchedRoom<'_>, seen: &Seen, wanted: ContextRequest) -> Result<HitContext> {
    let (before, after) = (wanted.before.min(SURROUNDING), wanted.after.min(SURROUNDING));
    let around = room.around(conn, &seen.event, before, after)?;
    let profile_info = match wanted.include_profile {
        true => {
            let shown = around.before.iter().chain(&around.after).chain([seen]);
            let events: Vec<_> = shown.map(|seen| &seen.event).collect();
            Some(room.profiles(conn, &events)?)
        }
        false => None,
    };
    Ok(HitContext {
        start: around.start.to_string(),
        end: around.end.to_string(),
        events_before: room.write(conn, &around.before)?,
        events_after: room.write(conn, &around.after)?,
        profile_info,
    })
}
