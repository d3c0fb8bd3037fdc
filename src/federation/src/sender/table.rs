//! The servers to which something is being sent: all that is in memory.

use std::collections::HashMap;

use parking_lot::Mutex;
use ruma::{OwnedServerName, ServerName};
use serde_json::value::RawValue;
use store::federation::destinations::Taken;
use tokio::sync::Notify;

use super::queue::Queue;

/// A server to which something is being sent, or was a moment ago.
#[derive(Clone, Debug, Default)]
struct Active {
    /// It has taken the events up to here
    events: i64,
    /// and what was in its outbox up to here.
    outbox: i64,
    /// Whether its task runs.
    running: bool,
    /// Whether there may be something that the task has not seen.
    poked: bool,
    /// Whether it has taken something that is not written down.
    unwritten: bool,
    /// Whether it is one of those that fail: its row says how far it is.
    failing: bool,
    /// What it is told as long as it is there.
    queue: Queue,
}

#[derive(Default)]
struct Inner {
    servers: HashMap<OwnedServerName, Active>,
    /// The dispatcher has seen everything up to here; before it has begun there is nothing.
    dispatched: i64,
    begun: bool,
    /// What was last written of that for which all is sent.
    written_upto: i64,
}

/// All of them.
#[derive(Default)]
pub(super) struct Table {
    inner: Mutex<Inner>,
    rest: Notify,
}

/// What is to be written down.
#[derive(Debug)]
pub(super) struct Unwritten {
    pub taken: Vec<Taken>,
    /// Everybody who is not failing has everything up to here.
    pub sent_upto: i64,
}

impl Table {
    /// Begins at this position.
    pub fn begin(&self, dispatched: i64) {
        let mut inner = self.inner.lock();
        (inner.dispatched, inner.written_upto, inner.begun) = (dispatched, dispatched, true);
    }

    /// The position up to which the dispatcher has seen everything.
    pub fn dispatched(&self) -> i64 {
        self.inner.lock().dispatched
    }

    /// Notes that there is something for these servers up to `end`; gives those for which a task must be started.
    pub fn note(&self, end: i64, servers: Vec<OwnedServerName>) -> Vec<OwnedServerName> {
        let mut inner = self.inner.lock();
        let before = inner.dispatched;
        let mut start = Vec::new();
        for server in servers {
            let begun = || Active { events: before, ..Active::default() };
            let active = inner.servers.entry(server.clone()).or_insert_with(begun);
            active.poked = true;
            if !std::mem::replace(&mut active.running, true) {
                start.push(server);
            }
        }
        inner.dispatched = inner.dispatched.max(end);
        start
    }

    /// Puts something into the queues of these servers; gives those for which a task must be started.
    pub fn queue(&self, servers: Vec<OwnedServerName>, put: impl Fn(&mut Queue)) -> Vec<OwnedServerName> {
        // Until it is known how far everybody is, no task may start.
        if !self.inner.lock().begun {
            return Vec::new();
        }
        let start = self.note(i64::MIN, servers.clone());
        let mut inner = self.inner.lock();
        for server in servers {
            if let Some(active) = inner.servers.get_mut(&server) {
                put(&mut active.queue);
                active.poked = true;
            }
        }
        start
    }

    /// Takes out of a server's queue what goes into so many EDUs.
    pub fn take_queued(&self, server: &ServerName, most: usize) -> Vec<Box<RawValue>> {
        self.inner.lock().servers.get_mut(server).map(|active| active.queue.take(most)).unwrap_or_default()
    }

    /// Whether another attempt with a failing server may begin: not if one is under way.
    pub fn begin_retry(&self, server: &ServerName) -> bool {
        let mut inner = self.inner.lock();
        if inner.servers.contains_key(server) {
            return false;
        }
        inner.servers.insert(server.to_owned(), Active { running: true, failing: true, ..Active::default() });
        true
    }

    /// How many failing servers are being tried.
    pub fn retrying(&self) -> usize {
        self.inner.lock().servers.values().filter(|active| active.failing).count()
    }

    /// A task looks what there is, beginning where the server's row says it stands. Gives what it has taken so far.
    pub fn look(&self, server: &ServerName, known: i64) -> (i64, i64) {
        let mut inner = self.inner.lock();
        let Some(active) = inner.servers.get_mut(server) else { return (known, 0) };
        active.poked = false;
        active.events = active.events.max(known);
        (active.events, active.outbox)
    }

    /// The server has taken what came up to here.
    pub fn taken(&self, server: &ServerName, events: i64, outbox: i64) {
        if let Some(active) = self.inner.lock().servers.get_mut(server) {
            active.events = active.events.max(events);
            active.outbox = active.outbox.max(outbox);
            active.unwritten = true;
        }
    }

    /// There is nothing for the server up to here.
    pub fn passed(&self, server: &ServerName, events: i64) {
        if let Some(active) = self.inner.lock().servers.get_mut(server) {
            active.events = active.events.max(events);
        }
    }

    /// How far a server is: with events, and with its outbox.
    pub fn progress(&self, server: &ServerName) -> (i64, i64) {
        self.inner.lock().servers.get(server).map_or((0, 0), |active| (active.events, active.outbox))
    }

    /// Nothing was found up to `upto`. True if the task may end; false if it must look again.
    pub fn rest(&self, server: &ServerName, upto: i64) -> bool {
        let mut inner = self.inner.lock();
        let Some(active) = inner.servers.get_mut(server) else { return true };
        active.events = active.events.max(upto);
        if active.poked || !active.queue.is_empty() {
            return false;
        }
        active.running = false;
        if !active.unwritten {
            inner.servers.remove(server);
        }
        self.rest.notify_waiters();
        true
    }

    /// A failing server has everything up to `upto`: from now on it counts with the others. False if the dispatcher has
    /// seen more than that, so that the task must look again first.
    pub fn recover(&self, server: &ServerName, upto: i64) -> bool {
        let mut inner = self.inner.lock();
        if inner.dispatched > upto {
            return false;
        }
        if let Some(active) = inner.servers.get_mut(server) {
            active.events = active.events.max(upto);
            active.failing = false;
            // What came while its row still said that it fails was not told to it.
            active.poked = true;
        }
        true
    }

    /// The server's row says everything, or the task ends for another reason.
    pub fn remove(&self, server: &ServerName) {
        self.inner.lock().servers.remove(server);
        self.rest.notify_waiters();
    }

    /// A task ends because the server stops.
    pub fn abandon(&self, server: &ServerName) {
        if let Some(active) = self.inner.lock().servers.get_mut(server) {
            active.running = false;
        }
        self.rest.notify_waiters();
    }

    /// What is to be written down now, if there is anything.
    pub fn unwritten(&self) -> Option<Unwritten> {
        let inner = self.inner.lock();
        let row = |(server, active): (&OwnedServerName, &Active)| Taken {
            server: server.to_string(),
            events: active.events,
            outbox: active.outbox,
        };
        let taken: Vec<Taken> = inner.servers.iter().filter(|(_, active)| active.unwritten).map(row).collect();
        let behind = inner.servers.values().filter(|active| !active.failing).map(|active| active.events);
        let sent_upto = behind.fold(inner.dispatched, i64::min);
        let is_news = !taken.is_empty() || sent_upto != inner.written_upto;
        (inner.begun && is_news).then_some(Unwritten { taken, sent_upto })
    }

    /// That was written: who rests and has taken no more since is forgotten.
    pub fn written(&self, written: &Unwritten) {
        let mut inner = self.inner.lock();
        inner.written_upto = written.sent_upto;
        for Taken { server, events, outbox } in &written.taken {
            let Ok(server) = ServerName::parse(server) else { continue };
            let Some(active) = inner.servers.get_mut(&server) else { continue };
            active.unwritten = (active.events, active.outbox) != (*events, *outbox);
            if !active.unwritten && !active.running {
                inner.servers.remove(&server);
            }
        }
    }

    /// Waits until no task runs.
    pub async fn all_at_rest(&self) {
        loop {
            let rest = self.rest.notified();
            tokio::pin!(rest);
            rest.as_mut().enable();
            if !self.inner.lock().servers.values().any(|active| active.running) {
                return;
            }
            rest.await;
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.inner.lock().servers.len()
    }

    /// Whether it has begun.
    #[cfg(test)]
    pub fn is_begun(&self) -> bool {
        self.inner.lock().begun
    }
}
