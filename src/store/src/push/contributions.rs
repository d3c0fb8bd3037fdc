//! What a stretch of a room counts for one user.

use std::ops::{AddAssign, SubAssign};

use diesel::{
    dsl::{count_star, sum},
    prelude::*,
};

use super::UnreadRow;
use crate::{
    Conn, Result,
    receipts::MAIN,
    schema::{events, own_notifications, thread_notifications},
};

/// Own messages are sought in so many notifications at most: nobody writes and leaves more than these unread.
const OWN_SOUGHT: i64 = 5_000;

/// Notifications, and how many of them are highlights.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Notifications.
    pub notifications: i64,
    /// Highlights.
    pub highlights: i64,
}

impl AddAssign for Count {
    fn add_assign(&mut self, other: Self) {
        self.notifications += other.notifications;
        self.highlights += other.highlights;
    }
}

impl SubAssign for Count {
    fn sub_assign(&mut self, other: Self) {
        self.notifications -= other.notifications;
        self.highlights -= other.highlights;
    }
}

impl Count {
    /// Never less than nothing.
    pub fn at_least_zero(self) -> Self {
        Self { notifications: self.notifications.max(0), highlights: self.highlights.max(0) }
    }
}

/// Positions after `after`, up to and with `upto`.
#[derive(Clone, Copy)]
pub(super) struct Stretch {
    pub after: i64,
    pub upto: i64,
}

/// What a stretch counts for a user, in all of the room or in one thread, with what was redacted.
pub(super) fn contributions(
    conn: &mut Conn,
    user_id: &str,
    row: &UnreadRow,
    stretch: Stretch,
    thread: Option<&str>,
) -> Result<Count> {
    let mut count = own(conn, user_id, row.room, stretch, thread)?;
    // Where the predefined rules hold for the user.
    let part = match row.muted {
        true => Stretch { upto: stretch.upto.min(row.muted_since), ..stretch },
        false => Stretch { after: stretch.after.max(row.muted_since), ..stretch },
    };
    if part.after >= part.upto {
        return Ok(count);
    }
    match thread {
        None => count += room_part(conn, user_id, row.room, part)?,
        Some(MAIN) => {
            count += room_part(conn, user_id, row.room, part)?;
            count -= thread_part(conn, user_id, row.room, part, None)?;
        }
        Some(thread) => count += thread_part(conn, user_id, row.room, part, Some(thread))?,
    }
    Ok(count)
}

/// The ordinals at a position.
pub(super) fn ordinals(conn: &mut Conn, room: i64, position: i64) -> Result<Count> {
    let query = events::table
        .filter(events::room.eq(room))
        .filter(events::position.le(position))
        .order(events::position.desc())
        .select((events::notifications, events::highlights));
    let (notifications, highlights) = query.first(conn).optional()?.unwrap_or_default();
    Ok(Count { notifications, highlights })
}

/// What others' events count under the predefined rules.
fn room_part(conn: &mut Conn, user_id: &str, room: i64, part: Stretch) -> Result<Count> {
    let mut count = ordinals(conn, room, part.upto)?;
    count -= ordinals(conn, room, part.after)?;
    if count.notifications == 0 || count.notifications > OWN_SOUGHT {
        return Ok(count);
    }
    let own = events::table
        .filter(events::room.eq(room))
        .filter(events::position.gt(part.after))
        .filter(events::position.le(part.upto))
        .filter(events::sender.eq(user_id))
        .filter(events::push_rule.gt(0_i16));
    let rules: Vec<(i16, i64)> =
        own.group_by(events::push_rule).select((events::push_rule, count_star())).load(conn)?;
    for (rule, events) in rules {
        count.notifications -= events;
        count.highlights -= if highlights(rule) { events } else { 0 };
    }
    Ok(count)
}

/// The same for one thread, or for all but the main timeline.
fn thread_part(conn: &mut Conn, user_id: &str, room: i64, part: Stretch, thread: Option<&str>) -> Result<Count> {
    let mut query = thread_notifications::table
        .filter(thread_notifications::room.eq(room))
        .filter(thread_notifications::position.gt(part.after))
        .filter(thread_notifications::position.le(part.upto))
        .filter(thread_notifications::sender.ne(user_id))
        .into_boxed();
    if let Some(thread) = thread {
        query = query.filter(thread_notifications::thread.eq(thread.to_owned()));
    }
    let rows: Vec<bool> = query.select(thread_notifications::highlight).load(conn)?;
    let highlights = rows.iter().filter(|highlight| **highlight).count();
    let number = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    Ok(Count { notifications: number(rows.len()), highlights: number(highlights) })
}

/// What counts for the user alone.
fn own(conn: &mut Conn, user_id: &str, room: i64, stretch: Stretch, thread: Option<&str>) -> Result<Count> {
    let mut query = own_notifications::table
        .filter(own_notifications::user_id.eq(user_id.to_owned()))
        .filter(own_notifications::room.eq(room))
        .filter(own_notifications::position.gt(stretch.after))
        .filter(own_notifications::position.le(stretch.upto))
        .into_boxed();
    if let Some(thread) = thread {
        query = query.filter(own_notifications::thread.eq(thread.to_owned()));
    }
    let sums: (Option<i64>, Option<i64>) =
        query.select((sum(own_notifications::notifications), sum(own_notifications::highlights))).get_result(conn)?;
    Ok(Count { notifications: sums.0.unwrap_or_default(), highlights: sums.1.unwrap_or_default() })
}

/// Whether a predefined rule of this stored number highlights: `events::push::Default` gives the numbers.
pub(super) fn highlights(push_rule: i16) -> bool {
    matches!(push_rule, 4 | 5)
}
