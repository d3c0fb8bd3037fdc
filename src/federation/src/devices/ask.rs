//! Several servers asked side by side, for a client that waits.

use std::time::Duration;

use futures_util::{StreamExt as _, future::BoxFuture, stream};
use ruma::{OwnedServerName, ServerName};
use serde_json::{Map, Value, json};
use tokio::time::{Instant, timeout_at};

use super::Devices;
use crate::{Error, Result};

/// Requests that are made for one request of a client.
const REQUESTS: usize = 500;
/// How many of them at the same time.
const AT_ONCE: usize = 50;
/// How long a client may let others think.
const LONGEST: Duration = Duration::from_secs(60);

/// What came of asking: the answers, and who did not answer.
pub(super) struct Asked<A, Q> {
    pub answers: Vec<A>,
    /// What was not answered.
    pub unanswered: Vec<Q>,
    /// As clients are told.
    pub failures: Map<String, Value>,
}

impl Devices {
    /// Asks for each of these things the server that has it. Who has not answered when the time is over has failed.
    pub(super) async fn ask_all<'a, Q, A>(
        &'a self,
        errands: Vec<(OwnedServerName, Q)>,
        time: Duration,
        ask: impl Fn(OwnedServerName, Q) -> BoxFuture<'a, Result<A>>,
    ) -> Asked<A, Q>
    where
        Q: Clone,
    {
        let end = Instant::now() + time.min(LONGEST);
        let ask = &ask;
        let outcomes = errands.into_iter().enumerate().map(|(number, (server, errand))| async move {
            if number >= REQUESTS {
                return (server, Err((errand, "too many servers for one request".to_owned())));
            }
            let answer = timeout_at(end, async {
                // It is never closed.
                let _place = self.requests.acquire().await;
                ask(server.clone(), errand.clone()).await
            });
            let answer = answer.await;
            let outcome = match answer {
                Ok(Ok(answer)) => Ok(answer),
                Ok(Err(error)) => Err((errand, in_words(&server, &error))),
                Err(_) => Err((errand, "no answer in time".to_owned())),
            };
            (server, outcome)
        });
        let outcomes: Vec<_> = stream::iter(outcomes).buffer_unordered(AT_ONCE).collect().await;
        let mut asked = Asked { answers: Vec::new(), unanswered: Vec::new(), failures: Map::new() };
        for (server, outcome) in outcomes {
            match outcome {
                Ok(answer) => asked.answers.push(answer),
                Err((errand, reason)) => {
                    asked.unanswered.push(errand);
                    asked.failures.insert(server.to_string(), json!({ "status": 503, "message": reason }));
                }
            }
        }
        asked
    }
}

/// What a client is told of a failure.
fn in_words(server: &ServerName, error: &Error) -> String {
    tracing::debug!(%server, %error, "a server could not be asked for keys");
    error.to_string()
}
