//! Sending to other servers: one ordered task for each server that there is something for, and nothing for all others.
//!
//! What goes out is in the database: events in `outgoing`, what is for single servers in their outbox. The [`dispatch`]er
//! follows the commits and wakes the servers of the rooms in which something new goes out; each is sent one transaction
//! after the other until nothing is left ([`run`]). Of a server that does not take them there is a row with the time of the
//! next attempt ([`retry`]), and nothing in memory.
//!
//! Everybody who is not failing and has no task was sent everything up to the position that the dispatcher has come to. So
//! a server that is woken is only asked about what is newer, and a restarted server goes on from the position up to which
//! that was true of everybody ([`ledger`]).
//!
//! Who types, what was read and who is online is told to those that are there, from memory ([`tell`]).

mod anew;
mod dispatch;
mod ledger;
mod operate;
mod parcel;
mod queue;
mod refusals;
mod retry;
mod run;
mod table;
mod tell;
#[cfg(test)]
mod tests;
mod transport;
mod wakes;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use peerbrain_core::{Clock, Random, config};
use quick_cache::sync::Cache;
use rooms::Rooms;
use ruma::{OwnedServerName, ServerName};
use store::Store;
use sync::EphemeralChange;
use tokio::sync::{Notify, Semaphore, broadcast};

pub use operate::{Destination, destinations, retry};
pub(crate) use transport::{Network, Transaction, Transport};
pub use wakes::Wakes;

use crate::lasting::lasting;
use table::Table;

/// Transactions under way at the same time to servers that take them.
const SLOTS: usize = 200;
/// Transactions under way at the same time to servers that did not take them the last time: some of them do not answer
/// for long, and must not hold up the others.
const RETRY_SLOTS: usize = 32;
/// Servers of which is remembered that they gave a sign of life a moment ago.
const SEEN: usize = 10_000;

/// What the sender is made of.
pub(crate) struct Options {
    pub store: Store,
    pub rooms: Rooms,
    pub clock: Arc<dyn Clock>,
    pub random: Arc<dyn Random>,
    pub server_name: OwnedServerName,
    pub settings: config::Federation,
    /// What changes in memory only.
    pub changes: broadcast::Receiver<EphemeralChange>,
    pub wakes: Arc<Wakes>,
    pub transport: Arc<dyn Transport>,
    pub pace: Pace,
    pub runtime: tokio::runtime::Handle,
}

/// How long the sender waits for what.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    /// After the first failure of a server; each further one doubles it
    pub first_pause: Duration,
    /// up to this.
    pub longest_pause: Duration,
    /// For so long after an attempt no sign of life leads to another.
    pub rest: Duration,
    /// Between writing down what servers have taken.
    pub write: Duration,
    /// While receipts are gathered before they are told.
    pub gather: Duration,
    /// After an error of the database.
    pub after_error: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            first_pause: Duration::from_secs(2),
            longest_pause: Duration::from_secs(3_600),
            rest: Duration::from_secs(30),
            write: Duration::from_millis(500),
            gather: Duration::from_secs(1),
            after_error: Duration::from_secs(5),
        }
    }
}

/// What the sender has done since it was started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Servers to which something is being sent.
    pub active: usize,
    /// Transactions that were taken.
    pub transactions: u64,
    /// Events in them.
    pub events: u64,
    /// Everything else in them.
    pub edus: u64,
    /// Transactions that were not taken.
    pub failures: u64,
}

/// Sends to other servers. Cheap to clone.
#[derive(Clone)]
pub struct Sender {
    inner: Arc<Inner>,
}

struct Inner {
    options: Options,
    table: Table,
    slots: Semaphore,
    retry_slots: Arc<Semaphore>,
    /// A failing server may have become due earlier than thought.
    retry: Notify,
    /// There is something to be written down.
    unwritten: Notify,
    closed: AtomicBool,
    /// When servers were last seen alive, in milliseconds since 1970.
    seen: Cache<OwnedServerName, i64>,
    counted: Counted,
}

#[derive(Default)]
struct Counted {
    transactions: AtomicU64,
    events: AtomicU64,
    edus: AtomicU64,
    failures: AtomicU64,
}

impl Sender {
    /// Makes ready; sends nothing yet.
    pub(crate) fn new(options: Options) -> Self {
        Self {
            inner: Arc::new(Inner {
                options,
                table: Table::default(),
                slots: Semaphore::new(SLOTS),
                retry_slots: Arc::new(Semaphore::new(RETRY_SLOTS)),
                retry: Notify::new(),
                unwritten: Notify::new(),
                closed: AtomicBool::new(false),
                seen: Cache::new(SEEN),
                counted: Counted::default(),
            }),
        }
    }

    /// Everything that is to run in the background for as long as the server does.
    pub(crate) async fn work(self) {
        let pause = self.inner.options.pace.after_error;
        tokio::join!(
            lasting("following what goes out", pause, || self.follow()),
            lasting("trying those that fail", pause, || self.retry_failing()),
            lasting("writing down what was taken", pause, || self.write_down()),
            lasting("forgetting what was sent", pause, || self.forget_sent()),
            lasting("telling what is in memory only", pause, || self.tell()),
        );
    }

    /// Begins nothing new, gives what is under way a moment, and writes down what was taken.
    pub(crate) async fn stop(&self, patience: Duration) {
        self.inner.closed.store(true, Ordering::SeqCst);
        let _ = tokio::time::timeout(patience, self.inner.table.all_at_rest()).await;
        self.flush().await;
    }

    /// A server gave a sign of life: if it is failing it is tried again at once. Cheap enough for every request of theirs.
    pub fn alive(&self, server: &ServerName) {
        let now = self.inner.options.clock.now_ms();
        let rest = i64::try_from(self.inner.options.pace.rest.as_millis()).unwrap_or(i64::MAX);
        if self.inner.seen.get(server).is_some_and(|seen| now.saturating_sub(seen) < rest) {
            return;
        }
        self.inner.seen.insert(server.to_owned(), now);
        let (sender, server) = (self.clone(), server.to_owned());
        self.inner.options.runtime.spawn(async move { sender.bring_forward(&server, rest).await });
    }

    /// Looks at once which failing servers are due: somebody may have brought their time forward.
    pub fn look(&self) {
        self.inner.retry.notify_one();
    }

    /// What it has done.
    pub fn counts(&self) -> Counts {
        let counted = &self.inner.counted;
        let get = |count: &AtomicU64| count.load(Ordering::Relaxed);
        Counts {
            active: self.inner.table.len(),
            transactions: get(&counted.transactions),
            events: get(&counted.events),
            edus: get(&counted.edus),
            failures: get(&counted.failures),
        }
    }

    fn is_closed(&self) -> bool {
        self.inner.closed.load(Ordering::SeqCst)
    }
}
