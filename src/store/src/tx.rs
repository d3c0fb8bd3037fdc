//! A write transaction.

use crate::{Conn, LogEntry, LogKind};

/// What a write may use: the connection, and new positions in the one order.
pub struct Tx<'a> {
    conn: &'a mut Conn,
    clock: &'a mut Clock,
}

/// The positions and log entries that a transaction has given out.
pub(crate) struct Clock {
    pub position: i64,
    pub backfilled: i64,
    pub entries: Vec<LogEntry>,
}

impl<'a> Tx<'a> {
    pub(crate) fn new(conn: &'a mut Conn, clock: &'a mut Clock) -> Self {
        Self { conn, clock }
    }

    /// The connection, for reading and writing rows.
    pub fn conn(&mut self) -> &mut Conn {
        self.conn
    }

    /// The newest position so far, of this transaction or those before.
    pub fn position(&self) -> i64 {
        self.clock.position
    }

    /// Takes the next position and logs under it what happens. Every row that a sync must see carries its position.
    pub fn log(&mut self, kind: LogKind, room: Option<i64>, user: Option<&str>, row: Option<i64>) -> i64 {
        self.clock.position += 1;
        let position = self.clock.position;
        self.clock.entries.push(LogEntry { position, kind, room, user: user.map(str::to_owned), row });
        position
    }

    /// Takes the next position of history that arrives late: it counts down, so it never looks new.
    pub fn backfilled_position(&mut self) -> i64 {
        self.clock.backfilled -= 1;
        self.clock.backfilled
    }
}
