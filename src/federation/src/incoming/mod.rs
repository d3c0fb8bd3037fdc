//! Transactions of other servers (server-server §transactions): `PUT /_matrix/federation/v1/send/{txnId}`.
//!
//! A transaction is sorted by rooms ([`sort`]), and its rooms are worked on side by side. In each of them the sender must
//! be let in ([`door`]), the events pass the checks that need no room ([`check`]), and go to the room's lane in their order
//! ([`place`]), which does the rest of the checks on receipt. What builds on events that are not here is written down
//! ([`stage`]), so that the answer does not wait for others; then the room's [`queue`] is worked off, and what is missing
//! is fetched ([`missing`]). So whatever is answered for as received is durable, in the room or in the queue; after a
//! restart the queues go on.
//!
//! One event never harms another: each has an outcome of its own, and what takes long or fails again and again is
//! overtaken by the rest.

mod check;
mod door;
mod elsewhere;
mod missing;
mod place;
mod queue;
mod repeated;
mod sort;
mod stage;
#[cfg(test)]
pub(crate) mod tests;
mod transaction;
mod work;

use std::{collections::BTreeMap, sync::Arc};

use futures_util::future::try_join_all;
use rooms::Rooms;
use ruma::{OwnedEventId, ServerName};
use serde_json::value::RawValue;

pub use transaction::{Answer, Transaction};

pub(crate) use sort::sorted;

use crate::{Result, history::History, membership::Turns};

/// What [`Incoming`] is made of.
pub(crate) struct Options {
    /// Rooms.
    pub rooms: Rooms,
    /// What is missing comes from here.
    pub history: History,
    /// Who is just entering a room.
    pub turns: Arc<Turns>,
    /// Where queues are worked off.
    pub runtime: tokio::runtime::Handle,
}

/// Takes transactions in. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Incoming {
    inner: Arc<Inner>,
}

struct Inner {
    options: Options,
    transactions: repeated::Transactions,
    queues: queue::Queues,
}

/// What is answered for each event: nothing, or why it is of no use.
pub(crate) type Outcomes = BTreeMap<OwnedEventId, Result<(), String>>;

impl Incoming {
    /// Takes nothing in yet.
    pub fn new(options: Options) -> Self {
        let (transactions, queues) = (repeated::Transactions::default(), queue::Queues::default());
        Self { inner: Arc::new(Inner { options, transactions, queues }) }
    }

    /// Takes the events of one transaction in. What is not in the answer is nothing that could be an event of a room here.
    ///
    /// # Errors
    /// Only what is our own fault and may pass: the same transaction can be tried again.
    pub async fn receive(&self, origin: &ServerName, pdus: Vec<Box<RawValue>>) -> Result<Outcomes> {
        let rooms = sorted(origin, pdus).into_iter();
        let outcomes = rooms.map(|(room_id, pdus)| async move { self.receive_in(origin, &room_id, pdus).await });
        Ok(try_join_all(outcomes).await?.into_iter().flatten().collect())
    }

    fn rooms(&self) -> &Rooms {
        &self.inner.options.rooms
    }

    fn history(&self) -> &History {
        &self.inner.options.history
    }
}
