//! Finding keys: in memory, in the database, at their servers, at notaries, in this order.

use std::{
    collections::{BTreeMap, HashSet},
    pin::pin,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use futures_util::{
    StreamExt as _,
    future::{self, Either},
    stream,
};
use ruma::{MilliSecondsSinceUnixEpoch, OwnedServerName, OwnedServerSigningKeyId, ServerName};
use tokio::time::timeout;

use super::{KeyRing, Keys, Wanted, lines::Line, memory::Known};

/// The keys wanted of one server.
type OfServer = BTreeMap<OwnedServerSigningKeyId, MilliSecondsSinceUnixEpoch>;

/// Whoever needs keys for what was signed this long ago, in milliseconds, is not looking at the past.
const LATELY: i64 = 3_600_000;

/// Servers that one look-up asks at the same time.
pub(super) const MAX_SERVERS: usize = 1_000;

/// Servers whose keys one look-up looks for: the members of the largest rooms are on that many. The keys of the others are
/// missing.
const MOST: usize = 10_000;

/// How long a look-up waits for servers to answer, and as long for notaries.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long servers are waited for before notaries are asked beside them.
const ALONE: Duration = Duration::from_secs(10);

impl KeyRing {
    /// Those of the keys that can be had, from memory, the database, their servers, or notaries. What cannot be had is
    /// missing from the answer, and [`Keys::at`] gives only what was good at that moment.
    ///
    /// A server that lately did not tell what was wanted is left in peace for a while.
    pub async fn get(&self, wanted: &Wanted) -> Keys {
        let (keys, asked) = self.at_hand(wanted).await;
        if asked.is_empty() {
            return keys;
        }
        let lines = self.lines_of(&asked).await;
        self.fetched(wanted, asked, lines).await
    }

    /// What is here of the keys, and the servers to be asked for the others.
    pub(super) async fn at_hand(&self, wanted: &Wanted) -> (Keys, Vec<OwnedServerName>) {
        let (keys, stale) = self.known(wanted).await;
        let now = self.now();
        let lacking = self.missing(&keys, wanted, now);
        stale.iter().filter(|server| !lacking.contains(server)).for_each(|server| self.refresh(server, now));
        let asked = lacking.into_iter().filter(|server| self.inner.attempts.may_ask(server, now));
        let asked = asked.take(MOST).collect();
        (keys, asked)
    }

    /// The keys after these servers were asked, each in its line, and notaries for those that did not answer.
    pub(super) async fn fetched(&self, wanted: &Wanted, asked: Vec<OwnedServerName>, lines: Vec<Line>) -> Keys {
        let (now, begun) = (self.now(), AtomicUsize::new(0));
        let asking = stream::iter(asked.clone().into_iter().zip(lines)).map(|(server, line)| {
            begun.fetch_add(1, Ordering::Relaxed);
            let asking = self.ask(&server, line);
            async move {
                if let Some(asking) = asking {
                    asking.await;
                }
            }
        });
        let asking = asking.buffer_unordered(MAX_SERVERS).for_each(|()| future::ready(()));
        self.with_notaries(asking, wanted, &asked, now).await;
        let keys = self.known(wanted).await.0;
        let now = self.now();
        let missing: HashSet<OwnedServerName> = self.missing(&keys, wanted, now).into_iter().collect();
        // Whose turn did not come was not asked in vain.
        for server in asked.iter().take(begun.into_inner()) {
            match missing.contains(server) {
                true => self.inner.attempts.in_vain(server, now),
                false => self.inner.attempts.helped(server),
            }
        }
        keys
    }

    /// Waits until the servers that are asked have answered, and asks notaries for those whose keys are not here then, or
    /// beside them if they take long. Who takes longer yet is still heard, for the next who wants to know.
    async fn with_notaries(
        &self,
        asking: impl Future<Output = ()>,
        wanted: &Wanted,
        asked: &[OwnedServerName],
        now: i64,
    ) {
        let mut asking = pin!(timeout(PATIENCE, asking));
        let mut is_done = timeout(ALONE, &mut asking).await.is_ok();
        let hopeful: HashSet<&OwnedServerName> = asked.iter().collect();
        let silent = || async {
            let mut silent = self.missing(&self.known(wanted).await.0, wanted, now);
            silent.retain(|server| hopeful.contains(server));
            silent
        };
        let servers = silent().await;
        if !servers.is_empty() && !self.inner.options.notaries.is_empty() {
            let mut notaries = pin!(timeout(PATIENCE, self.ask_notaries(wanted, &servers)));
            if is_done {
                let _late = notaries.await;
            } else if let Either::Left(_) = future::select(&mut asking, &mut notaries).await {
                is_done = true;
                if !silent().await.is_empty() {
                    let _late = notaries.await;
                }
            }
        }
        if !is_done && !silent().await.is_empty() {
            let _late = asking.await;
        }
    }

    /// The servers of which keys are wanted that are not here.
    fn missing(&self, keys: &Keys, wanted: &Wanted, now: i64) -> Vec<OwnedServerName> {
        let missing = wanted.iter().filter(|(server, wanted)| self.lacks(keys, server, wanted, now));
        missing.map(|(server, _)| server.clone()).collect()
    }

    /// What is known without asking anybody, and the servers whose word is half as old as it may get.
    pub(super) async fn known(&self, wanted: &Wanted) -> (Keys, Vec<OwnedServerName>) {
        let ours = &self.inner.options.server_name;
        let now = self.now();
        let lately = |wanted: &OfServer| wanted.values().any(|moment| i64::from(moment.get()) > now - LATELY);
        let (mut keys, mut stale) = (Keys::default(), Vec::new());
        let others = wanted.keys().filter(|server| *server != ours);
        for (server, Known { keys: known, refresh_at }) in self.inner.memory.of(others).await {
            if refresh_at <= now && wanted.get(&server).is_some_and(lately) {
                stale.push(server.clone());
            }
            keys.put(server, known);
        }
        if wanted.contains_key(ours) {
            match self.own().await {
                Ok(own) => keys.put(ours.clone(), own),
                Err(error) => tracing::warn!(%error, "our own old keys could not be read"),
            }
        }
        (keys, stale)
    }

    /// Asks for a new word of a server in the background, so that nobody waits for it when it is needed.
    fn refresh(&self, server: &ServerName, now: i64) {
        if !self.inner.attempts.may_ask(server, now) {
            return;
        }
        // Until it has answered it counts as one that did not.
        self.inner.attempts.in_vain(server, now);
        let (ring, server) = (self.clone(), server.to_owned());
        self.inner.options.runtime.spawn(async move {
            let line = ring.lines_of(std::slice::from_ref(&server)).await;
            let Some(asking) = line.first().and_then(|line| ring.ask(&server, *line)) else { return };
            asking.await;
            let known = ring.inner.memory.of([&server].into_iter()).await;
            if known.get(&server).is_some_and(|known| known.refresh_at > now) {
                ring.inner.attempts.helped(&server);
            }
        });
    }

    /// Whether a server should be asked: it is another, and a key is not known or no longer good. For what will be signed
    /// only later nobody is asked now.
    pub(super) fn lacks(&self, keys: &Keys, server: &OwnedServerName, wanted: &OfServer, now: i64) -> bool {
        let now = super::answer::time(now);
        *server != self.inner.options.server_name
            && wanted.iter().any(|(id, moment)| keys.at(server, id, (*moment).min(now)).is_none())
    }
}
