//! How the writer connects again after the database went away.

use std::{sync::atomic::Ordering, thread, time::Duration};

use diesel::prelude::*;

use crate::{
    Conn, Error, Result,
    connection::Role,
    lock,
    schema::clock,
    writer::{
        Writer,
        batch::{self, Done, Failure},
    },
};

/// Pauses, in milliseconds, before the attempts to connect. What waits for a connection waits as long.
pub(crate) const PAUSES: [u64; 5] = [0, 50, 200, 500, 1_000];

impl Writer {
    /// Takes a new connection, and with it the lock. Where a transaction was unconfirmed and turns out to have been
    /// committed, the observers are told of it, and it is given back.
    pub(crate) fn connect(&mut self) -> Result<(Conn, Option<Box<Done>>), Failure> {
        // The readers' connections are hardly better.
        self.outages.fetch_add(1, Ordering::AcqRel);
        let mut last = String::new();
        for pause in PAUSES {
            thread::sleep(Duration::from_millis(pause));
            match self.connect_once() {
                Ok(connected) => {
                    tracing::info!("the writer is connected to the database again");
                    return Ok(connected);
                }
                Err(error) => {
                    tracing::warn!(%error, "cannot connect the writer to the database");
                    last = error.to_string();
                }
            }
        }
        Err(Failure::NotBegun(last))
    }

    fn connect_once(&mut self) -> Result<(Conn, Option<Box<Done>>)> {
        let mut conn = Conn::open(&self.target, Role::Writer)?;
        // Whoever holds the lock has no predecessor that still commits.
        lock::try_advisory(&mut conn)?;
        let committed = match self.unconfirmed.as_ref().and_then(|done| done.number) {
            Some(number) => batch::was_committed(&mut conn, number)?,
            None => None,
        };
        let stored: i64 = clock::table.find(1).select(clock::position).get_result(&mut conn)?;
        // After a crash, somebody else's transaction may have the number now.
        let is_ours = |done: &mut Box<Done>| committed == Some(true) && done.committed.position == stored;
        let done = self.unconfirmed.take_if(is_ours);
        if let Some(done) = &done {
            self.announce(&done.committed);
        }
        let known = *self.position.borrow();
        if stored != known {
            return Err(Error::Unavailable(format!(
                "its newest position is {stored} and not {known}: somebody else has written to it, restart this process"
            )));
        }
        self.unconfirmed = None;
        Ok((conn, done))
    }
}
