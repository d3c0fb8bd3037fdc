//! What a server is sent next, read from the database.

use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hash as _, Hasher as _},
};

use peerbrain_core::random;
use ruma::ServerName;
use serde_json::value::RawValue;
use store::{
    federation::{outbox, outgoing},
    rooms::StoredEvent,
};

use super::{Sender, Transaction};
use crate::{Error, Result};

/// Events of one transaction (server-server § Transactions).
const PDUS: usize = 50;
/// Other things of one transaction
const EDUS: usize = 100;
/// that come from the outbox: some room is kept for what is in memory only.
const BOXED: usize = 80;
/// Bytes of the events and of the other things; what is larger goes alone.
const BYTES: usize = 512 * 1_024;

/// From where and how much.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stretch {
    /// The server has the events up to here
    pub events: i64,
    /// and what was in its outbox up to here.
    pub outbox: i64,
    /// Of a transaction that is repeated: its ends, of events and of the outbox.
    pub upto: Option<(i64, i64)>,
    /// How many things it may hold at most.
    pub most: usize,
}

impl Stretch {
    /// Whether a transaction of it may hold what is only in memory, and how much beside this.
    fn left(&self, edus: usize) -> usize {
        if self.upto.is_none() && self.most >= PDUS + EDUS { EDUS.saturating_sub(edus) } else { 0 }
    }
}

/// A transaction and what it means that it is taken.
#[derive(Debug, Default)]
pub(super) struct Parcel {
    pub transaction: Transaction,
    /// How many events are in it,
    pub pdus: usize,
    /// how many other things,
    pub edus: usize,
    /// and how many that are not repeated if it is not taken.
    pub queued: usize,
    /// The server then has the events up to here
    pub events: i64,
    /// and what is in its outbox up to here.
    pub outbox: i64,
    /// Whether no events are left after that.
    pub whole: bool,
}

impl Parcel {
    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.repeated() + self.queued == 0
    }

    /// Adds what is only told to who is there. It has no part in the id: where the transaction is repeated it is left out,
    /// and whoever has taken it before does not look at what is in it.
    ///
    /// * `id`: for a transaction with nothing else in it.
    pub fn add(&mut self, queued: Vec<Box<RawValue>>, id: impl FnOnce() -> String) {
        if self.repeated() == 0 && !queued.is_empty() {
            self.transaction.id = id();
        }
        self.queued = queued.len();
        self.transaction.edus.extend(queued);
    }

    /// The ends of what must be repeated if it is not taken: of events, where the server has them up to `events`, and of
    /// the outbox.
    pub fn ends(&self, events: i64) -> (i64, i64) {
        (if self.pdus == 0 { events } else { self.events }, self.outbox)
    }

    /// How many things are in it that are repeated.
    pub fn repeated(&self) -> usize {
        self.pdus + self.edus
    }
}

impl Sender {
    /// Reads what a server is sent next. The same stretch gives the same transaction, with the same id.
    pub(super) async fn parcel(&self, server: &ServerName, stretch: Stretch) -> Result<Parcel> {
        let (rooms, name) = (self.inner.options.rooms.clone(), server.to_string());
        let read = self.inner.options.store.snapshot(move |conn, end| {
            let (events_upto, outbox_upto) = stretch.upto.unwrap_or((end, end));
            let most = |bound: usize| i64::try_from(bound).unwrap_or(i64::MAX);
            let pdus = PDUS.min(stretch.most);
            let due = outgoing::due(conn, &name, (stretch.events, events_upto), most(pdus))?;
            let nids: Vec<i64> = due.rows.iter().map(|row| row.event).collect();
            let events = match rooms.events().stored_map(conn, &nids) {
                Ok(events) => events,
                Err(rooms::Error::Store(error)) => return Err(error),
                Err(error) => return Ok(Err(error)),
            };
            let boxed = BOXED.min(stretch.most.saturating_sub(due.rows.len()));
            let waiting = (stretch.outbox, outbox_upto);
            let boxed = outbox::waiting(conn, &name, waiting, most(boxed))?;
            Ok(Ok((due, events, boxed, events_upto)))
        });
        let (due, events, boxed, end) = read.await?.map_err(Error::Rooms)?;
        let mut parcel = pack(server, &due, &events, &boxed, stretch)?;
        parcel.whole = parcel.events >= end;
        let queued = self.inner.table.take_queued(server, stretch.left(parcel.edus));
        parcel.add(queued, || format!("queued.{}", random::opaque_id(&*self.inner.options.random)));
        Ok(parcel)
    }
}

fn pack(
    server: &ServerName,
    due: &outgoing::Due,
    events: &HashMap<i64, StoredEvent>,
    boxed: &[(i64, String)],
    stretch: Stretch,
) -> Result<Parcel> {
    let mut parcel = Parcel { events: due.upto, outbox: stretch.outbox, ..Parcel::default() };
    let mut hash = DefaultHasher::new();
    let mut bytes = 0;
    let mut last = stretch.events;
    for row in &due.rows {
        // The event of a room that was deleted is gone; and nobody is sent what they have handed to us.
        if let Some(event) = events.get(&row.event).filter(|event| !is_of(event, server)) {
            bytes += event.json.len();
            if bytes > BYTES && !parcel.transaction.pdus.is_empty() {
                parcel.events = last;
                break;
            }
            event.event_id.hash(&mut hash);
            parcel.transaction.pdus.push(raw(&event.json)?);
        }
        last = row.position;
    }
    bytes = 0;
    for (position, edu) in boxed {
        bytes += edu.len();
        if bytes > BYTES && !parcel.transaction.edus.is_empty() {
            break;
        }
        edu.hash(&mut hash);
        parcel.outbox = *position;
        parcel.transaction.edus.push(raw(edu)?);
    }
    (parcel.pdus, parcel.edus) = (parcel.transaction.pdus.len(), parcel.transaction.edus.len());
    parcel.transaction.id = format!("{last}.{}.{:016x}", parcel.outbox, hash.finish());
    Ok(parcel)
}

fn is_of(event: &StoredEvent, server: &ServerName) -> bool {
    event.sender.split_once(':').is_some_and(|(_, of)| of == server.as_str())
}

fn raw(json: &str) -> Result<Box<RawValue>> {
    RawValue::from_string(json.to_owned()).map_err(|error| Error::Internal(format!("stored JSON: {error}")))
}
