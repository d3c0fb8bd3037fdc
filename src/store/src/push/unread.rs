//! What a user has not read.

use diesel::{prelude::*, sql_types::Text};

use crate::{
    Conn, Result,
    rooms::{Membership, RoomCounts},
    schema::{memberships, own_notifications, redacted_notifications, rooms, thread_notifications, unread},
};

/// Rooms up to which it pays to ask for these rooms rather than for all of the user.
const FEW: usize = 500;

/// A row of `unread`.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = unread)]
pub struct UnreadRow {
    /// The room's number.
    pub room: i64,
    /// The position at which the user joined.
    pub joined: i64,
    /// All up to this position is read.
    pub position: i64,
    /// The ordinal of notifications from which on the room counts.
    pub notifications: i64,
    /// That of highlights.
    pub highlights: i64,
    /// What counts beside.
    pub extra_notifications: i64,
    /// What counts beside.
    pub extra_highlights: i64,
    /// Whether the user's own rules are silent where the predefined ones notify.
    pub muted: bool,
    /// The position after which this is so; before it, it was not.
    pub muted_since: i64,
    /// The position of the last change that came without an event.
    pub changed: i64,
}

impl UnreadRow {
    /// Whether an event at this position counts for the user under the predefined rules.
    pub fn follows(&self, position: i64) -> bool {
        (position <= self.muted_since) == self.muted
    }
}

/// Where a user stands in these rooms, and in those where that changed after `changed_after`.
pub fn unread(conn: &mut Conn, user_id: &str, of: &[i64], changed_after: Option<i64>) -> Result<Vec<UnreadRow>> {
    let query = unread::table.filter(unread::user_id.eq(user_id)).select(UnreadRow::as_select());
    if of.len() > FEW {
        return Ok(query.load(conn)?);
    }
    let mut rows = match of {
        [] => Vec::new(),
        // Of a list SQLite makes a new statement each time.
        [room] => query.filter(unread::room.eq(*room)).load(conn)?,
        _ => query.filter(unread::room.eq_any(of)).load(conn)?,
    };
    // One query for both would go through all rooms of the user.
    if let Some(after) = changed_after {
        let changed: Vec<UnreadRow> = query.filter(unread::changed.gt(after)).load(conn)?;
        rows.extend(changed.into_iter().filter(|row| !of.contains(&row.room)));
    }
    Ok(rows)
}

/// Where a user stands in one room.
pub fn unread_row(conn: &mut Conn, user_id: &str, room: i64) -> Result<Option<UnreadRow>> {
    Ok(unread::table.find((user_id, room)).select(UnreadRow::as_select()).get_result(conn).optional()?)
}

/// Where a user stands in all rooms that they are joined to, and what the rooms count: (row, counts, newest position).
pub fn joined_unread(conn: &mut Conn, user_id: &str) -> Result<Vec<(UnreadRow, RoomCounts, i64)>> {
    let query = memberships::table
        .inner_join(unread::table.on(unread::room.eq(memberships::room)))
        .inner_join(rooms::table.on(rooms::nid.eq(memberships::room)))
        .filter(memberships::user_id.eq(user_id))
        .filter(memberships::membership.eq(Membership::Join as i16))
        .filter(unread::user_id.eq(user_id));
    Ok(query.select((UnreadRow::as_select(), RoomCounts::as_select(), rooms::last_position)).load(conn)?)
}

/// An event that was counted and is redacted.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = redacted_notifications)]
pub struct RedactedRow {
    /// The room's number.
    pub room: i64,
    /// The event's position.
    pub position: i64,
    /// `main`, or the id of the thread's root.
    pub thread: String,
    /// Who sent it.
    pub sender: String,
    /// Whether it was highlighted.
    pub highlight: bool,
}

/// What was redacted in these rooms of what came after a position, newest first.
pub fn redacted_after(conn: &mut Conn, of: &[i64], after: i64, limit: i64) -> Result<Vec<RedactedRow>> {
    let query = redacted_notifications::table
        .filter(redacted_notifications::room.eq_any(of))
        .filter(redacted_notifications::position.gt(after))
        .order(redacted_notifications::position.desc())
        .limit(limit);
    Ok(query.select(RedactedRow::as_select()).load(conn)?)
}

/// An event of a thread that notifies under the predefined rules.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = thread_notifications)]
pub struct ThreadRow {
    /// The room's number.
    pub room: i64,
    /// The event's position.
    pub position: i64,
    /// The id of the root.
    pub thread: String,
    /// Who sent it.
    pub sender: String,
    /// Whether it is highlighted.
    pub highlight: bool,
}

/// What came in threads of these rooms after a position, newest first.
pub fn threads_after(conn: &mut Conn, of: &[i64], after: i64, limit: i64) -> Result<Vec<ThreadRow>> {
    let query = thread_notifications::table
        .filter(thread_notifications::room.eq_any(of))
        .filter(thread_notifications::position.gt(after))
        .order(thread_notifications::position.desc())
        .limit(limit);
    Ok(query.select(ThreadRow::as_select()).load(conn)?)
}

/// What an event of a thread adds for one user.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = own_notifications)]
pub struct OwnThreadRow {
    /// The room's number.
    pub room: i64,
    /// The event's position.
    pub position: i64,
    /// The id of the root.
    pub thread: String,
    /// What it adds.
    pub notifications: i16,
    /// What it adds.
    pub highlights: i16,
}

/// What threads of these rooms add for a user, of what came after a position.
pub fn own_in_threads(conn: &mut Conn, user_id: &str, of: &[i64], after: i64) -> Result<Vec<OwnThreadRow>> {
    let query = own_notifications::table
        .filter(own_notifications::user_id.eq(user_id))
        .filter(own_notifications::room.eq_any(of))
        .filter(own_notifications::position.gt(after))
        .filter(own_notifications::thread.ne(crate::receipts::MAIN.into_sql::<Text>()));
    Ok(query.select(OwnThreadRow::as_select()).load(conn)?)
}
