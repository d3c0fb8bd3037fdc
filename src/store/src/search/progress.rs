//! How far the index has come, and what is next.

use diesel::{dsl::max, prelude::*};

use crate::{
    Conn, LogKind, Result, Tx,
    connection::both,
    rooms::{EventRow, StoredEvent},
    schema::{clock, current_state, events, followers, log, search_again, search_progress},
};

/// The name of the follower of the log: what it has not read is not pruned.
const FOLLOWER: &str = "search";
/// Types of the events that have words.
const TYPES: [&str; 3] = ["m.room.message", "m.room.name", "m.room.topic"];

/// Some events that the index is to take in, in the order in which they came.
#[derive(Debug)]
pub struct Batch {
    /// Events that may have words, of rooms that are not encrypted.
    pub events: Vec<StoredEvent>,
    /// Where to go on once they are in the index.
    pub progress: Progress,
}

/// How far the index has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = search_progress)]
pub struct Progress {
    id: i64,
    /// The log is read up to here.
    pub position: i64,
    /// Of the events that were there before the index was begun, those up to this number are in it.
    pub older_after: i64,
    /// The last number among those.
    pub older_upto: i64,
}

impl Progress {
    #[cfg(test)]
    pub(super) fn at(position: i64, older_after: i64, older_upto: i64) -> Self {
        Self { id: 1, position, older_after, older_upto }
    }

    /// Whether events from before the index was begun are still missing.
    pub fn is_behind(&self) -> bool {
        self.older_after < self.older_upto
    }
}

/// How far the index has come; begins it if that has not been done. From then on the log waits for it.
pub fn start(tx: &mut Tx<'_>) -> Result<Progress> {
    let conn = tx.conn();
    let known = search_progress::table.find(1).select(Progress::as_select()).get_result(conn).optional()?;
    if let Some(known) = known {
        return Ok(known);
    }
    let position: i64 = clock::table.find(1).select(clock::position).get_result(conn)?;
    let newest: Option<i64> = events::table.select(max(events::nid)).get_result(conn)?;
    let begun = Progress { id: 1, position, older_after: 0, older_upto: newest.unwrap_or(0) };
    diesel::insert_into(search_progress::table).values(&begun).execute(conn)?;
    follow(conn, position)?;
    Ok(begun)
}

/// Notes how far the index has come.
pub fn finish(tx: &mut Tx<'_>, progress: &Progress, done_again: &[i64]) -> Result<()> {
    let conn = tx.conn();
    diesel::update(search_progress::table.find(1)).set(progress).execute(conn)?;
    if !done_again.is_empty() {
        diesel::delete(search_again::table.filter(search_again::event.eq_any(done_again))).execute(conn)?;
    }
    follow(conn, progress.position)
}

fn follow(conn: &mut Conn, position: i64) -> Result<()> {
    let row = (followers::name.eq(FOLLOWER), followers::position.eq(position));
    both!(conn, c => diesel::insert_into(followers::table)
        .values(row)
        .on_conflict(followers::name)
        .do_update()
        .set(followers::position.eq(position))
        .execute(c))?;
    Ok(())
}

/// The next events from before the index was begun.
pub fn older(conn: &mut Conn, progress: &Progress, limit: i64) -> Result<Batch> {
    let query = events::table
        .filter(events::nid.gt(progress.older_after))
        .filter(events::nid.le(progress.older_upto))
        .order(events::nid.asc())
        .limit(limit)
        .select(events::nid);
    let nids: Vec<i64> = query.load(conn)?;
    let full = i64::try_from(nids.len()).is_ok_and(|found| found >= limit);
    let upto = nids.last().copied().filter(|_| full).unwrap_or(progress.older_upto);
    let events = with_words(conn, &nids)?;
    Ok(Batch { events, progress: Progress { older_after: upto, ..*progress } })
}

/// The next events of the log. `end` is the position of the snapshot in which this reads.
pub fn logged(conn: &mut Conn, end: i64, progress: &Progress, limit: i64) -> Result<Batch> {
    let query = log::table
        .filter(log::position.gt(progress.position))
        .filter(log::kind.eq(LogKind::Event as i16))
        .order(log::position.asc())
        .limit(limit)
        .select((log::position, log::row_id));
    let entries: Vec<(i64, Option<i64>)> = query.load(conn)?;
    let full = i64::try_from(entries.len()).is_ok_and(|found| found >= limit);
    let upto = entries.last().map(|(position, _)| *position).filter(|_| full).unwrap_or(end);
    let nids: Vec<i64> = entries.into_iter().filter_map(|(_, row)| row).collect();
    let events = with_words(conn, &nids)?;
    Ok(Batch { events, progress: Progress { position: upto, ..*progress } })
}

/// Events whose words are to be found again: their numbers, and those that are still there.
pub fn to_do_again(conn: &mut Conn, limit: i64) -> Result<(Vec<i64>, Vec<StoredEvent>)> {
    let nids: Vec<i64> = search_again::table.select(search_again::event).limit(limit).load(conn)?;
    let events = with_words(conn, &nids)?;
    Ok((nids, events))
}

/// Those of these events that may have words, in the order of their numbers.
fn with_words(conn: &mut Conn, nids: &[i64]) -> Result<Vec<StoredEvent>> {
    let there = events::table.filter(events::nid.eq_any(nids)).filter(events::redacted_by.is_null());
    let found: Vec<(i64, EventRow)> = there
        .filter(events::event_type.eq_any(TYPES))
        .order(events::nid.asc())
        .select((events::position, EventRow::as_select()))
        .load(conn)?;
    let mut rooms: Vec<i64> = found.iter().map(|(_, event)| event.room).collect();
    rooms.sort_unstable();
    rooms.dedup();
    let encrypted = encrypted(conn, &rooms)?;
    Ok(found.into_iter().filter(|(_, event)| !encrypted.contains(&event.room)).map(StoredEvent::from).collect())
}

/// Those of these rooms that are encrypted now.
pub fn encrypted(conn: &mut Conn, rooms: &[i64]) -> Result<Vec<i64>> {
    if rooms.is_empty() {
        return Ok(Vec::new());
    }
    let query = current_state::table
        .filter(current_state::room.eq_any(rooms))
        .filter(current_state::event_type.eq("m.room.encryption"))
        .filter(current_state::state_key.eq(""));
    Ok(query.select(current_state::room).load(conn)?)
}
