//! The task of one server: one transaction after the other, each once the one before was taken.

use std::{sync::atomic::Ordering, time::Duration};

use ruma::OwnedServerName;
use store::federation::destinations::{self, DestinationRow};
use tokio::sync::OwnedSemaphorePermit;

use super::{
    Sender,
    anew::Anew,
    parcel::{Parcel, Stretch},
};
use crate::Result;

/// More than a transaction holds.
const EVERYTHING: usize = 1_000;

/// What goes on with the server.
enum Next {
    Again,
    End,
}

/// What a task knows beside the table.
pub(super) struct Course {
    pub server: OwnedServerName,
    /// The row of a failing server, until it has everything.
    failing: Option<DestinationRow>,
    /// It stands here at least.
    known: i64,
    /// The end of the transaction that must be repeated.
    repeat: Option<(i64, i64)>,
    /// How many things a transaction may hold: less after the server refused one, to find what it refuses.
    most: usize,
    /// Whether it has taken a transaction of ours that had nothing in it.
    pub is_known: bool,
}

impl Sender {
    /// Sends to a server until nothing is left, or it fails. A failing server is only tried with `slot`.
    pub(super) async fn run(self, server: OwnedServerName, mut slot: Option<OwnedSemaphorePermit>) {
        let _anew = Anew::new(&self, &server);
        let Some(mut course) = self.course(&server, slot.is_some()).await else { return };
        loop {
            if self.is_closed() {
                return self.inner.table.abandon(&server);
            }
            match self.step(&mut course).await {
                // Who has everything again is one of those who are well, and may be sent something for hours: the place is
                // for others that fail.
                Ok(Next::Again) if course.failing.is_none() => drop(slot.take()),
                Ok(Next::Again) => {}
                Ok(Next::End) => return,
                Err(error) => {
                    tracing::warn!(%server, %error, "what a server is to be sent could not be read; it is tried again");
                    tokio::time::sleep(self.inner.options.pace.after_error).await;
                }
            }
        }
    }

    /// Where the server stands; none if it fails and its time has not come, or if we stop.
    async fn course(&self, server: &OwnedServerName, retry: bool) -> Option<Course> {
        while !self.is_closed() {
            let name = server.to_string();
            match self.inner.options.store.read(move |conn| destinations::get(conn, &name)).await {
                Ok(row) => {
                    let known = row.as_ref().map_or(0, |row| row.sent_upto);
                    let failing = row.filter(|row| row.retry_at.is_some());
                    if failing.is_some() != retry {
                        self.inner.table.remove(server);
                        return None;
                    }
                    let repeat =
                        failing.as_ref().map(|row| (row.txn_events, row.txn_outbox)).filter(|ends| *ends != (0, 0));
                    return Some(Course {
                        server: server.clone(),
                        failing,
                        known,
                        repeat,
                        most: EVERYTHING,
                        is_known: false,
                    });
                }
                Err(error) => {
                    tracing::warn!(%server, %error, "what is known of a server could not be read; it is tried again");
                    tokio::time::sleep(self.inner.options.pace.after_error).await;
                }
            }
        }
        self.inner.table.abandon(server);
        None
    }

    /// One transaction.
    async fn step(&self, course: &mut Course) -> Result<Next> {
        // Who is tried again has a place of another kind.
        let _slot = match course.failing {
            Some(_) => None,
            None => self.inner.slots.acquire().await.ok(),
        };
        let (events, outbox) = self.inner.table.look(&course.server, course.known);
        let stretch = Stretch { events, outbox, upto: course.repeat, most: course.most };
        let mut parcel = self.parcel(&course.server, stretch).await?;
        if parcel.is_empty() {
            return self.nothing_left(course, &parcel).await;
        }
        let transaction = std::mem::take(&mut parcel.transaction);
        match self.inner.options.transport.send(&course.server, transaction).await {
            Ok(()) => {
                self.count(&parcel);
                course.most = EVERYTHING;
                self.took(course, &parcel);
                Ok(Next::Again)
            }
            Err(error) => {
                self.inner.counted.failures.fetch_add(1, Ordering::Relaxed);
                if self.is_refused(course, &parcel, &error).await {
                    self.refused(course, &parcel, &error);
                    return Ok(Next::Again);
                }
                self.fails(course, &parcel, &error).await?;
                self.inner.table.remove(&course.server);
                self.inner.retry.notify_one();
                Ok(Next::End)
            }
        }
    }

    pub(super) fn took(&self, course: &mut Course, parcel: &Parcel) {
        course.repeat = None;
        if let Some(row) = &mut course.failing {
            (row.failing_since, row.pause) = (None, 0);
        }
        self.inner.table.taken(&course.server, parcel.events, parcel.outbox);
        self.inner.unwritten.notify_one();
    }

    async fn nothing_left(&self, course: &mut Course, parcel: &Parcel) -> Result<Next> {
        if course.repeat.take().is_some() {
            return Ok(Next::Again);
        }
        // Where little was looked for there may be more.
        if !parcel.whole || course.most < EVERYTHING {
            course.most = EVERYTHING;
            self.inner.table.passed(&course.server, parcel.events);
            return Ok(Next::Again);
        }
        let Some(row) = course.failing.clone() else {
            let ends = self.inner.table.rest(&course.server, parcel.events);
            self.inner.unwritten.notify_one();
            return Ok(if ends { Next::End } else { Next::Again });
        };
        if !self.inner.table.recover(&course.server, parcel.events) {
            return Ok(Next::Again);
        }
        tracing::info!(server = %course.server, "a server that could not be reached has everything again");
        self.recovers(row, parcel).await?;
        course.failing = None;
        Ok(Next::Again)
    }

    fn count(&self, parcel: &Parcel) {
        let counted = &self.inner.counted;
        let add = |count: usize| u64::try_from(count).unwrap_or(0);
        counted.transactions.fetch_add(1, Ordering::Relaxed);
        counted.events.fetch_add(add(parcel.pdus), Ordering::Relaxed);
        counted.edus.fetch_add(add(parcel.edus + parcel.queued), Ordering::Relaxed);
    }
}

impl Course {
    /// How long the server was let alone after the last attempt.
    pub fn pause(&self) -> Duration {
        let pause = self.failing.as_ref().map_or(0, |row| row.pause);
        Duration::from_millis(u64::try_from(pause).unwrap_or(0))
    }

    /// From now on a transaction may hold half of so many things.
    pub fn halve(&mut self, count: usize) {
        (self.most, self.repeat) = ((count / 2).max(1), None);
    }

    /// The row of the server; one that says nothing where it does not fail.
    pub fn row(&self) -> DestinationRow {
        self.failing.clone().unwrap_or_else(|| DestinationRow {
            server: self.server.to_string(),
            sent_upto: 0,
            failing_since: None,
            retry_at: None,
            pause: 0,
            error: None,
            txn_events: 0,
            txn_outbox: 0,
        })
    }
}
