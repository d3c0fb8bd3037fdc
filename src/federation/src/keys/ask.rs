//! Asking servers for their own keys: each once at a time in each line, whoever waits for it.

use std::{pin::pin, sync::atomic::Ordering, time::Duration};

use futures_util::{
    FutureExt as _,
    future::{BoxFuture, Shared},
};
use ruma::{OwnedServerName, ServerName};
use store::federation::{
    forget_strangers,
    server_keys::{self, AnswerRow, KeyRow},
};
use tokio::time::timeout;

use super::{KeyRing, answer::Answer, lines::Line};

/// Servers of one line that are asked or wait to be. For more the answer is that their keys are not known.
const LONGEST_LINE: usize = 1_000;

/// How long a server that is asked has its place. Then the next one's turn comes, and a slow one is waited for beside the
/// line, whose length bounds how many those are.
const PLACE: Duration = Duration::from_secs(1);

/// After so many answers it is looked whether there are too many.
const LOOK: usize = 100;

/// Ends when the server has answered or failed.
pub(super) type Asking = Shared<BoxFuture<'static, ()>>;

/// From whom an answer came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// The server itself.
    Server,
    /// A notary.
    Notary,
}

impl KeyRing {
    /// Asks a server for its keys when its turn in this line comes, unless that is being done. It is asked even if nobody
    /// waits any more. None where the line is too long.
    pub(super) fn ask(&self, server: &ServerName, line: Line) -> Option<Asking> {
        let mut asking = self.inner.asking.lock();
        if let Some(running) = asking.get(&(server.to_owned(), line)) {
            return Some(running.clone());
        }
        if asking.keys().filter(|(_, other)| *other == line).count() >= LONGEST_LINE {
            tracing::warn!(%server, ?line, "too many servers are being asked for keys");
            return None;
        }
        let done = Done { ring: self.clone(), asked: (server.to_owned(), line) };
        let task = self.inner.options.runtime.spawn(async move {
            let inner = &done.ring.inner;
            // They are never closed.
            let turn = inner.lines.turns(line).acquire().await;
            let mut answer = pin!(done.ring.ask_now(&done.asked.0));
            if timeout(PLACE, &mut answer).await.is_err() {
                drop(turn);
                answer.await;
            }
        });
        let running = task.map(|_| ()).boxed().shared();
        asking.insert((server.to_owned(), line), running.clone());
        Some(running)
    }

    /// What is to be waited for where a server is being asked in this line.
    pub(super) fn asking(&self, server: &ServerName, line: Line) -> Option<Asking> {
        self.inner.asking.lock().get(&(server.to_owned(), line)).cloned()
    }

    async fn ask_now(&self, server: &ServerName) {
        let body = match self.inner.options.fetch.published(server).await {
            Ok(body) => body,
            Err(error) => return tracing::debug!(%server, %error, "a server did not tell its keys"),
        };
        let answer = std::str::from_utf8(&body).map_err(|error| error.to_string()).and_then(Answer::read);
        match answer {
            Ok(answer) if answer.server == server => self.learn(answer, Source::Server).await,
            Ok(answer) => tracing::info!(%server, said = %answer.server, "a server told the keys of another"),
            Err(reason) => tracing::info!(%server, %reason, "the keys of a server cannot be used"),
        }
    }

    /// Keeps an answer.
    pub(super) async fn learn(&self, answer: Answer, source: Source) {
        let now = self.now();
        let keys = answer.keys(now);
        let Ok(json) = events::canonical::text(&answer.object) else { return };
        let Answer { server, valid_until, .. } = answer;
        let row = AnswerRow { server: server.to_string(), fetched_at: now, valid_until, json };
        let rows: Vec<KeyRow> = keys
            .iter()
            .map(|(id, key)| KeyRow {
                server: server.to_string(),
                key_id: id.to_string(),
                public_key: key.public.to_bytes().to_vec(),
                good_until: i64::from(key.good_until.get()),
            })
            .collect();
        let by_notary = source == Source::Notary;
        let store = &self.inner.options.store;
        let written = store.write(move |tx| server_keys::put(tx, &row, &rows, by_notary)).await;
        let read = match written {
            Ok(()) => self.inner.memory.load(&server).await,
            Err(error) => Err(error),
        };
        match read {
            Ok(known) if keys.keys().all(|id| known.keys.contains_key(id)) => {}
            // A stranger of many, who has been forgotten since.
            Ok(_) => self.inner.memory.put(&server, keys),
            Err(error) => {
                tracing::warn!(%server, %error, "the keys of a server could not be kept");
                self.inner.memory.put(&server, keys);
            }
        }
        if self.inner.learned.fetch_add(1, Ordering::Relaxed).is_multiple_of(LOOK) {
            self.forget_strangers().await;
        }
    }

    /// Sees to it that names that anybody can make up do not fill the database. What is in memory stays there.
    async fn forget_strangers(&self) {
        let most = self.inner.options.strangers;
        match self.inner.options.store.write(move |tx| forget_strangers(tx, most)).await {
            Ok(0) => {}
            Ok(count) => tracing::info!(count, "the keys of servers were forgotten that are in no room here"),
            Err(error) => tracing::warn!(%error, "the keys of strangers could not be forgotten"),
        }
    }
}

/// Lets the server be asked again, whatever became of the task.
struct Done {
    ring: KeyRing,
    asked: (OwnedServerName, Line),
}

impl Drop for Done {
    fn drop(&mut self) {
        self.ring.inner.asking.lock().remove(&self.asked);
    }
}
