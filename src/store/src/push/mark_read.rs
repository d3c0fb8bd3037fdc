//! A receipt changes what is unread.

use std::collections::HashMap;

use diesel::prelude::*;

use super::{
    Count, UnreadRow,
    contributions::{Stretch, contributions},
    redacted_after, unread_row,
};
use crate::{
    Conn, Result,
    receipts::{self, NewReceipt, UNTHREADED},
    rooms::RoomCounts,
    schema::{rooms, unread},
};

/// Redacted events that are looked at.
const REDACTED: i64 = 10_000;

/// Takes note of a receipt that is about to be written, at the position `changed` of the log. A receipt behind another
/// one, of either kind, changes nothing.
pub(crate) fn mark_read(conn: &mut Conn, new: &NewReceipt, changed: i64) -> Result<()> {
    let (user, room, read) = (new.user_id.as_str(), new.room, new.event_position);
    let Some(mut row) = unread_row(conn, user, room)? else { return Ok(()) };
    let query = rooms::table.find(room).select((RoomCounts::as_select(), rooms::last_position));
    let (counts, newest): (RoomCounts, i64) = query.get_result(conn)?;
    let mut threads = read_threads(conn, user, room)?;
    let before = threads.get(&new.thread).copied().unwrap_or(0).max(row.position);
    if read <= before {
        return Ok(());
    }
    let mut left = if new.thread == UNTHREADED {
        let mut left = contributions(conn, user, &row, Stretch { after: read, upto: newest }, None)?;
        for (thread, position) in threads.iter().filter(|(_, position)| **position > read) {
            left -= contributions(conn, user, &row, Stretch { after: read, upto: *position }, Some(thread))?;
        }
        row.position = read;
        left
    } else {
        let mut left = row.count(&counts);
        left -= contributions(conn, user, &row, Stretch { after: before, upto: read }, Some(&new.thread))?;
        threads.insert(new.thread.clone(), read);
        left
    };
    let mut told = left;
    told -= redacted(conn, user, &row, &counts, &threads)?;
    if told.notifications <= 0 && told.highlights <= 0 {
        // All is read, so what was read in which thread matters no longer.
        row.position = row.position.max(newest);
        left = Count::default();
    }
    diesel::update(unread::table.find((user, room)))
        .set((
            unread::position.eq(row.position),
            unread::notifications.eq(counts.notifications),
            unread::highlights.eq(counts.highlights),
            unread::extra_notifications.eq(left.notifications),
            unread::extra_highlights.eq(left.highlights),
            unread::changed.eq(changed),
        ))
        .execute(conn)?;
    Ok(())
}

/// Up to where the user has read single threads, by receipts of either kind.
fn read_threads(conn: &mut Conn, user_id: &str, room: i64) -> Result<HashMap<String, i64>> {
    let mut threads: HashMap<String, i64> = HashMap::new();
    for row in receipts::of_user(conn, user_id, &[room])? {
        if row.thread != UNTHREADED {
            let position = threads.entry(row.thread).or_default();
            *position = row.event_position.max(*position);
        }
    }
    Ok(threads)
}

/// What was redacted of what is unread.
fn redacted(
    conn: &mut Conn,
    user_id: &str,
    row: &UnreadRow,
    counts: &RoomCounts,
    threads: &HashMap<String, i64>,
) -> Result<Count> {
    let mut count = Count::default();
    if counts.redacted_upto <= row.position {
        return Ok(count);
    }
    for gone in redacted_after(conn, &[row.room], row.position, REDACTED)? {
        count += row.redacted(user_id, &gone, threads.get(&gone.thread).copied().unwrap_or(0));
    }
    Ok(count)
}

impl UnreadRow {
    /// What is unread, with what was redacted of it.
    pub fn count(&self, room: &RoomCounts) -> Count {
        let mut count = Count { notifications: self.extra_notifications, highlights: self.extra_highlights };
        if !self.muted {
            count += Count {
                notifications: room.notifications - self.notifications,
                highlights: room.highlights - self.highlights,
            };
        }
        count
    }

    /// What to take from the count for an event that was redacted.
    ///
    /// * `thread_read`: up to where the user has read its thread.
    pub fn redacted(&self, user_id: &str, gone: &super::RedactedRow, thread_read: i64) -> Count {
        let counted = gone.position > self.position
            && gone.position > thread_read
            && gone.sender != user_id
            && self.follows(gone.position);
        match counted {
            true => Count { notifications: 1, highlights: i64::from(gone.highlight) },
            false => Count::default(),
        }
    }
}
