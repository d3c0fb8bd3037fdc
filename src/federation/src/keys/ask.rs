//! Asking servers for their own keys: each once at a time, whoever waits for it.

use futures_util::{
    FutureExt as _,
    future::{BoxFuture, Shared},
};
use ruma::{OwnedServerName, ServerName};
use store::federation::server_keys::{self, AnswerRow, KeyRow};

use super::{KeyRing, MAX_ASKED, answer::Answer};

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
    /// Asks a server for its keys, unless that is being done. It is asked even if nobody waits any more. None where too
    /// many are being asked.
    ///
    /// * `many`: whether it is one of many that are wanted at once.
    pub(super) fn ask(&self, server: &ServerName, many: bool) -> Option<Asking> {
        let mut asking = self.inner.asking.lock();
        if let Some(running) = asking.get(server) {
            return Some(running.clone());
        }
        if asking.len() >= (if many { MAX_ASKED / 2 } else { MAX_ASKED }) {
            tracing::warn!(%server, "too many servers are being asked for keys");
            return None;
        }
        let done = Done { ring: self.clone(), server: server.to_owned() };
        let task = self.inner.options.runtime.spawn(async move {
            let inner = &done.ring.inner;
            // They are never closed.
            let _permit = if many { inner.of_many.acquire().await } else { inner.single.acquire().await };
            done.ring.ask_now(&done.server).await;
        });
        let running = task.map(|_| ()).boxed().shared();
        asking.insert(server.to_owned(), running.clone());
        Some(running)
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
            Ok(()) => self.inner.memory.load(std::slice::from_ref(&server)).await,
            Err(error) => Err(error),
        };
        if let Err(error) = read {
            tracing::warn!(%server, %error, "the keys of a server could not be kept");
            self.inner.memory.put(&server, keys);
        }
    }
}

/// Lets the server be asked again, whatever became of the task.
struct Done {
    ring: KeyRing,
    server: OwnedServerName,
}

impl Drop for Done {
    fn drop(&mut self) {
        self.ring.inner.asking.lock().remove(&self.server);
    }
}
