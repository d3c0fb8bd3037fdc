//! Unread counts (client-server §receiving-notifications): of rooms, and of threads in them. The number of queries does
//! not grow with the number of rooms.

use std::collections::{BTreeMap, HashMap};

use store::{
    Conn,
    push::{Count, RedactedRow, UnreadRow, joined_unread, own_in_threads, redacted_after, threads_after},
    receipts::{self, MAIN, UNTHREADED},
    rooms::RoomCounts,
};

/// Redacted events, and events of threads, that are looked at for one answer: the newest.
const LOOKED_AT: i64 = 10_000;

/// What a user has not read in a room.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unread {
    /// In all of it.
    pub total: Count,
    /// Outside of threads; known where threads were asked for.
    pub main: Count,
    /// In threads, by the id of the root. Threads without notifications are not there.
    pub threads: BTreeMap<String, Count>,
}

/// Up to where the user has read single threads: by room and thread.
type ReadThreads = HashMap<i64, HashMap<String, i64>>;

/// What a user has not read in rooms that they are joined to, where these rows say it all: nothing of it was redacted, and
/// no threads are to be told apart.
pub fn told_by_rows(rooms: &[(&UnreadRow, RoomCounts)], threads: bool) -> Option<HashMap<i64, Unread>> {
    let mut found = totals(rooms);
    let needs_more = |(row, counts): &(&UnreadRow, RoomCounts)| {
        let is_unread = found.get(&row.room).is_some_and(|unread| unread.total != Count::default());
        is_unread && (threads || counts.redacted_upto > row.position)
    };
    if rooms.iter().any(needs_more) {
        return None;
    }
    finish(&mut found);
    Some(found)
}

fn totals(rooms: &[(&UnreadRow, RoomCounts)]) -> HashMap<i64, Unread> {
    let total = |row: &UnreadRow, counts| Unread { total: row.count(counts), ..Unread::default() };
    rooms.iter().map(|(row, counts)| (row.room, total(row, counts))).collect()
}

/// What a user has not read in rooms that they are joined to.
///
/// * `rooms`: where the user stands in each, and what the room counts.
/// * `threads`: whether threads are to be told apart.
pub fn unread(
    conn: &mut Conn,
    user_id: &str,
    rooms: &[(&UnreadRow, RoomCounts)],
    threads: bool,
) -> store::Result<HashMap<i64, Unread>> {
    let mut found = totals(rooms);
    let rows: HashMap<i64, &UnreadRow> = rooms.iter().map(|(row, _)| (row.room, *row)).collect();
    let is_unread = |row: &UnreadRow| found.get(&row.room).is_some_and(|unread| unread.total != Count::default());
    let redacted: Vec<&UnreadRow> = rooms
        .iter()
        .filter(|(row, counts)| counts.redacted_upto > row.position && is_unread(row))
        .map(|(row, _)| *row)
        .collect();
    let threaded: Vec<&UnreadRow> = rooms.iter().map(|(row, _)| *row).filter(|row| threads && is_unread(row)).collect();
    if redacted.is_empty() && threaded.is_empty() {
        finish(&mut found);
        return Ok(found);
    }
    let nids: Vec<i64> = redacted.iter().chain(&threaded).map(|row| row.room).collect();
    let read = read_threads(conn, user_id, &nids)?;
    let gone = match first(&redacted) {
        Some(first) => redacted_after(conn, &numbers(&redacted), first, LOOKED_AT)?,
        None => Vec::new(),
    };
    let gone: Vec<(RedactedRow, Count)> = gone
        .into_iter()
        .filter_map(|gone| {
            let row = rows.get(&gone.room)?;
            let count = row.redacted(user_id, &gone, read_up_to(&read, row, &gone.thread));
            Some((gone, count))
        })
        .collect();
    for (gone, count) in &gone {
        if let Some(unread) = found.get_mut(&gone.room) {
            unread.total -= *count;
        }
    }
    if let Some(first) = first(&threaded) {
        tell_threads(conn, user_id, (&rows, &read), (&numbers(&threaded), first), &mut found)?;
        for (gone, count) in gone.into_iter().filter(|(gone, _)| gone.thread != MAIN) {
            if let Some(of) = found.get_mut(&gone.room).and_then(|unread| unread.threads.get_mut(&gone.thread)) {
                *of -= count;
            }
        }
    }
    finish(&mut found);
    Ok(found)
}

/// How many messages a user has not read in all rooms, for the badge on an app.
pub fn badge(conn: &mut Conn, user_id: &str) -> store::Result<i64> {
    let rows = joined_unread(conn, user_id)?;
    let rooms: Vec<(&UnreadRow, RoomCounts)> = rows.iter().map(|(row, counts, _)| (row, *counts)).collect();
    let found = unread(conn, user_id, &rooms, false)?;
    Ok(found.values().map(|unread| unread.total.notifications).sum())
}

/// Up to where a user has read single threads of rooms, by receipts of either kind.
pub(crate) fn read_threads(conn: &mut Conn, user_id: &str, rooms: &[i64]) -> store::Result<ReadThreads> {
    let mut read = ReadThreads::new();
    for row in receipts::of_user(conn, user_id, rooms)? {
        if row.thread != UNTHREADED {
            let position = read.entry(row.room).or_default().entry(row.thread).or_default();
            *position = row.event_position.max(*position);
        }
    }
    Ok(read)
}

/// Up to where a thread is read.
pub(crate) fn read_up_to(read: &ReadThreads, row: &UnreadRow, thread: &str) -> i64 {
    let position = read.get(&row.room).and_then(|threads| threads.get(thread));
    position.copied().unwrap_or(0).max(row.position)
}

fn tell_threads(
    conn: &mut Conn,
    user_id: &str,
    (rows, read): (&HashMap<i64, &UnreadRow>, &ReadThreads),
    (rooms, first): (&[i64], i64),
    found: &mut HashMap<i64, Unread>,
) -> store::Result<()> {
    let mut add = |room: i64, position: i64, thread: String, follows: bool, count: Count| {
        let Some(row) = rows.get(&room) else { return };
        if position > read_up_to(read, row, &thread)
            && (!follows || row.follows(position))
            && let Some(unread) = found.get_mut(&room)
        {
            *unread.threads.entry(thread).or_default() += count;
        }
    };
    for event in threads_after(conn, rooms, first, LOOKED_AT)? {
        if event.sender != user_id {
            let count = Count { notifications: 1, highlights: i64::from(event.highlight) };
            add(event.room, event.position, event.thread, true, count);
        }
    }
    for own in own_in_threads(conn, user_id, rooms, first)? {
        let count = Count { notifications: own.notifications.into(), highlights: own.highlights.into() };
        add(own.room, own.position, own.thread, false, count);
    }
    Ok(())
}

fn finish(found: &mut HashMap<i64, Unread>) {
    for unread in found.values_mut() {
        unread.total = unread.total.at_least_zero();
        unread.main = unread.total;
        unread.threads.retain(|_, count| count.notifications > 0 || count.highlights > 0);
        for count in unread.threads.values() {
            unread.main -= *count;
        }
        unread.main = unread.main.at_least_zero();
    }
}

fn numbers(rows: &[&UnreadRow]) -> Vec<i64> {
    rows.iter().map(|row| row.room).collect()
}

/// The position after which something is unread.
fn first(rows: &[&UnreadRow]) -> Option<i64> {
    rows.iter().map(|row| row.position).min()
}
