//! The log: what happened, in the order of positions, for those who follow it.

use diesel::prelude::*;

use crate::{Conn, Result, connection::insert_all, schema::log};

/// What kind of thing happened. The numbers are stored: never reuse one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(i16)]
pub enum LogKind {
    /// A room event; `row` is its number.
    Event = 1,
    /// The membership of `user`, one of ours, changed in `room`; `row` is the event's number.
    Membership = 2,
    /// Account data of `user`, in `room` or global.
    AccountData = 3,
    /// The profile of `user`.
    Profile = 4,
    /// The devices of `user`.
    Devices = 5,
    /// What lets `user` in: tokens were revoked, or the account was locked, suspended, deactivated, promoted.
    Account = 6,
    /// The keys or devices of `user` changed: one entry for the user, and one for each room in which others must hear
    /// of it.
    DeviceList = 7,
    /// One-time or fallback keys of `user` were uploaded (no `row`), or given out to others (`row` is how many).
    OneTimeKeys = 8,
    /// Messages wait for devices of `user`.
    ToDevice = 9,
    /// `user` has read something in `room`; `row` is the kind of the receipt.
    Receipt = 10,
    /// What `user` has not read in `room` changed without an event.
    Unread = 11,
    /// The pushers of `user`.
    Pushers = 12,
    /// Something for another server was put into its outbox; `user` is the server's name.
    Outbox = 13,
    /// A room went away. `user` was still in it.
    RoomGone = 21,
}

/// One entry of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEntry {
    /// Its place in the one order.
    pub position: i64,
    /// What happened.
    pub kind: LogKind,
    /// The number of the room it happened in.
    pub room: Option<i64>,
    /// The user it concerns.
    pub user: Option<String>,
    /// The number of the row that tells more.
    pub row: Option<i64>,
}

/// Writes the entries of one transaction.
pub(crate) fn insert(conn: &mut Conn, entries: &[LogEntry]) -> Result<()> {
    let rows: Vec<_> = entries
        .iter()
        .map(|e| {
            (
                log::position.eq(e.position),
                log::kind.eq(e.kind as i16),
                log::room.eq(e.room),
                log::user_id.eq(e.user.as_deref()),
                log::row_id.eq(e.row),
            )
        })
        .collect();
    insert_all!(conn, log::table, rows);
    Ok(())
}

/// Up to which position nobody needs the log: every durable follower has read that, and it is older than the newest `keep`
/// positions.
pub(crate) fn forgettable(conn: &mut Conn, newest: i64, keep: i64) -> Result<i64> {
    use crate::schema::followers;
    let slowest: Option<i64> = followers::table.select(diesel::dsl::min(followers::position)).get_result(conn)?;
    Ok(slowest.unwrap_or(newest).min(newest - keep))
}

/// The oldest position that is in the log.
pub(crate) fn oldest(conn: &mut Conn) -> Result<Option<i64>> {
    Ok(log::table.select(diesel::dsl::min(log::position)).get_result(conn)?)
}

/// Forgets what is after one position and up to another; says how many entries that were.
pub(crate) fn forget(conn: &mut Conn, after: i64, upto: i64) -> Result<usize> {
    let part = log::table.filter(log::position.gt(after)).filter(log::position.le(upto));
    Ok(diesel::delete(part).execute(conn)?)
}
