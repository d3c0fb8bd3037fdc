//! Asking notaries for the keys of servers that cannot be reached (server-server §querying-keys-through-another-server).

use std::collections::BTreeMap;

use ruma::{OwnedServerName, ServerName};
use serde::Deserialize;
use serde_json::{json, value::RawValue};

use super::{KeyRing, Keys, Wanted, answer::Answer, ask::Source, lines::Line};

/// Servers that one query names.
const SERVERS_PER_QUERY: usize = 100;

/// Answers of one notary that are looked at, for each server it was asked for: it may know several, of several times.
const ANSWERS_PER_SERVER: usize = 10;

#[derive(Deserialize)]
struct Notarised {
    server_keys: Vec<Box<RawValue>>,
}

impl KeyRing {
    /// Asks the notaries, one after the other, for keys of these servers, and keeps what they know.
    pub(super) async fn ask_notaries(&self, wanted: &Wanted, servers: &[OwnedServerName]) {
        for notary in &self.inner.options.notaries {
            let Some(keys) = self.keys_of_notary(notary).await else { continue };
            for servers in servers.chunks(SERVERS_PER_QUERY) {
                self.ask_notary(notary, &keys, wanted, servers).await;
            }
        }
    }

    /// The keys of a notary itself, from nobody but itself.
    async fn keys_of_notary(&self, notary: &OwnedServerName) -> Option<Keys> {
        let load = || async { self.inner.memory.of([notary].into_iter()).await.remove(notary).unwrap_or_default() };
        let now = self.now();
        let mut known = load().await;
        if known.refresh_at <= now && self.inner.attempts.may_ask(notary, now) {
            self.ask(notary, Line::Known)?.await;
            known = load().await;
            match known.refresh_at > now {
                true => self.inner.attempts.helped(notary),
                false => self.inner.attempts.in_vain(notary, now),
            }
        }
        let mut keys = Keys::default();
        keys.put(notary.clone(), known.keys);
        Some(keys)
    }

    async fn ask_notary(&self, notary: &ServerName, keys: &Keys, wanted: &Wanted, servers: &[OwnedServerName]) {
        let criteria = |server: &OwnedServerName| {
            let keys = wanted.get(server).into_iter().flatten();
            keys.map(|(id, moment)| (id.to_string(), json!({ "minimum_valid_until_ts": moment })))
                .collect::<BTreeMap<_, _>>()
        };
        let asked: BTreeMap<&str, _> = servers.iter().map(|server| (server.as_str(), criteria(server))).collect();
        let query = json!({ "server_keys": asked }).to_string();
        let body = match self.inner.options.fetch.notarised(notary, query).await {
            Ok(body) => body,
            Err(error) => return tracing::info!(%notary, %error, "a notary did not answer"),
        };
        let answers = match serde_json::from_slice::<Notarised>(&body) {
            Ok(answers) => answers.server_keys,
            Err(error) => return tracing::info!(%notary, %error, "the answer of a notary cannot be read"),
        };
        for answer in answers.iter().take(servers.len() * ANSWERS_PER_SERVER) {
            match self.check(notary, keys, servers, answer.get()) {
                Ok(answer) => self.learn(answer, Source::Notary).await,
                Err(reason) => tracing::info!(%notary, %reason, "keys from a notary cannot be used"),
            }
        }
    }

    /// Reads one of its answers: one that we asked for, and that the notary signed beside the server. The server's own
    /// signature proves nothing here, for the key comes with it.
    fn check(
        &self,
        notary: &ServerName,
        keys: &Keys,
        servers: &[OwnedServerName],
        json: &str,
    ) -> Result<Answer, String> {
        let answer = Answer::read(json)?;
        if !servers.contains(&answer.server) {
            return Err(format!("{} was not asked for", answer.server));
        }
        let now = self.inner.options.clock.now();
        answer.check_signature(notary, |id| keys.at(notary, id, now).cloned())?;
        Ok(answer)
    }
}
