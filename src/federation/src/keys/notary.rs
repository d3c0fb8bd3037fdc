//! Being a notary: telling others the keys of others, with our signature (server-server §querying-keys-through-another-server).

use std::{collections::BTreeMap, time::Duration};

use events::canonical;
use futures_util::future::join_all;
use ruma::{CanonicalJsonObject, MilliSecondsSinceUnixEpoch, OwnedServerName};
use store::federation::server_keys::{self, AnswerRow};

use super::{KeyRing, lines::Line, memory::half_life};
use crate::{Error, Result};

/// Servers of one request that are looked up. The others are left out of the answer, like those that nobody knows.
const MAX_SERVERS: usize = 500;

/// Servers of one request that are asked themselves, because what is here of them is old.
const MAX_ASKED: usize = 50;

/// Bytes of an answer, after which the other servers are left out.
const MAX_BYTES: usize = 4_194_304;

/// How long whoever asks waits for others to answer us.
const PATIENCE: Duration = Duration::from_secs(10);

impl KeyRing {
    /// The newest answers of these servers about their keys, signed by us, too. They should be good until the moment that
    /// is given with each. Servers that cannot be reached and of which nothing is known are left out.
    ///
    /// # Errors
    /// [`Error::LimitExceeded`] where many ask at once, or a database that cannot be read.
    pub async fn notarised(
        &self,
        wanted: BTreeMap<OwnedServerName, MilliSecondsSinceUnixEpoch>,
    ) -> Result<Vec<CanonicalJsonObject>> {
        let _permit = self.inner.notary_requests.try_acquire().map_err(|_| Error::LimitExceeded(1_000))?;
        let mut answers = Vec::new();
        let ours = &self.inner.options.server_name;
        if wanted.contains_key(ours) {
            answers.push(self.published().await?);
        }
        let wanted = wanted.into_iter().filter(|(server, _)| server != ours).take(MAX_SERVERS).collect();
        let mut bytes = 0;
        for row in self.fresh_answers(&wanted).await? {
            bytes += row.json.len();
            if bytes > MAX_BYTES {
                break;
            }
            let mut answer = canonical::object(&row.json)?;
            self.inner.options.key.sign_json(ours, &mut answer)?;
            answers.push(answer);
        }
        Ok(answers)
    }

    /// What is stored of these servers, after those were asked whose word is old.
    async fn fresh_answers(
        &self,
        wanted: &BTreeMap<OwnedServerName, MilliSecondsSinceUnixEpoch>,
    ) -> Result<Vec<AnswerRow>> {
        let rows = self.answers(wanted).await?;
        let now = self.now();
        let fresh = |server: &OwnedServerName, until: &MilliSecondsSinceUnixEpoch| {
            // That something is good in the future cannot be had by asking again and again.
            let until = i64::from(until.get()).min(now);
            rows.iter().any(|row| {
                row.server == server.as_str()
                    && row.valid_until >= until
                    && now < half_life(row.fetched_at, row.valid_until)
            })
        };
        let stale = wanted.iter().filter(|(server, until)| !fresh(server, until)).map(|(server, _)| server);
        let asked: Vec<&OwnedServerName> =
            stale.filter(|server| self.inner.attempts_for_others.may_ask(server, now)).take(MAX_ASKED).collect();
        if asked.is_empty() {
            return Ok(rows);
        }
        let asking = join_all(asked.iter().filter_map(|server| self.ask(server, Line::ForOthers)));
        // Who takes longer is still heard, for the next who asks.
        let _late = tokio::time::timeout(PATIENCE, asking).await;
        let rows = self.answers(wanted).await?;
        for server in asked {
            match rows.iter().any(|row| row.server == server.as_str() && row.fetched_at >= now) {
                true => self.inner.attempts_for_others.helped(server),
                false => self.inner.attempts_for_others.in_vain(server, now),
            }
        }
        Ok(rows)
    }

    async fn answers(&self, wanted: &BTreeMap<OwnedServerName, MilliSecondsSinceUnixEpoch>) -> Result<Vec<AnswerRow>> {
        let servers: Vec<String> = wanted.keys().map(ToString::to_string).collect();
        Ok(self.inner.options.store.read(move |conn| server_keys::answers(conn, &servers)).await?)
    }
}
