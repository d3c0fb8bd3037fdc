//! Keys for what comes in bit by bit: an answer of which the end is not there yet.

use std::{
    collections::{BTreeSet, HashSet},
    time::Duration,
};

use futures_util::future::join_all;
use parking_lot::Mutex;
use ruma::{OwnedServerName, ServerName};
use tokio::time::{Instant, timeout_at};

use super::{KeyRing, Keys, Wanted, ask::Asking, lines::Line, lookup::MAX_SERVERS};

/// A look-up in many steps that counts as one: each server is asked once, and no more servers are asked than by a single
/// look-up at the same time.
pub(crate) struct Gathering {
    ring: KeyRing,
    until: Instant,
    asked: Mutex<HashSet<OwnedServerName>>,
}

impl Gathering {
    /// * `patience`: how long, from now on, is waited for servers to answer.
    pub fn new(ring: KeyRing, patience: Duration) -> Self {
        Self { ring, until: Instant::now() + patience, asked: Mutex::default() }
    }

    /// Those of the keys that can be had in time, and the servers of which more may be had by [`KeyRing::get`], which has
    /// more time and asks notaries, too.
    pub async fn get(&self, wanted: &Wanted) -> (Keys, BTreeSet<OwnedServerName>) {
        let now = self.ring.now();
        let missing = |keys: &Keys| {
            let missing = wanted.iter().filter(|(server, wanted)| self.ring.lacks(keys, server, wanted, now));
            let hopeful = missing.filter(|(server, _)| self.ring.inner.attempts.may_ask(server, now));
            hopeful.map(|(server, _)| server.clone()).collect::<BTreeSet<_>>()
        };
        let keys = self.ring.known(wanted).await.0;
        let asking: Vec<Asking> = missing(&keys).iter().filter_map(|server| self.ask(server)).collect();
        if !asking.is_empty() {
            // Who takes longer is still heard.
            let _late = timeout_at(self.until, join_all(asking)).await;
        }
        // What others have waited for may be known by now, too.
        let keys = self.ring.known(wanted).await.0;
        let late = missing(&keys);
        (keys, late)
    }

    /// Asks a server, if that was not done; gives what is to be waited for.
    fn ask(&self, server: &ServerName) -> Option<Asking> {
        let mut asked = self.asked.lock();
        if asked.contains(server) {
            return self.ring.asking(server, Line::Many);
        }
        if asked.len() >= MAX_SERVERS {
            return None;
        }
        asked.insert(server.to_owned());
        self.ring.ask(server, Line::Many)
    }
}
