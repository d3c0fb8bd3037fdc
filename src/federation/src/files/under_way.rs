//! What is being fetched: whoever wants a file that is already coming waits for that.

use std::{collections::HashMap, sync::Arc, time::Duration};

use ruma::{OwnedServerName, ServerName};
use tokio::{
    sync::{Semaphore, watch},
    time::timeout,
};

use super::{Files, failure::Failure};

/// Files that are fetched at the same time, and of those the ones of one server. Others wait for their turn.
pub(super) const AT_ONCE: usize = 64;
const OF_ONE_SERVER: usize = 8;
/// Files that are fetched or wait for their turn.
const MOST: usize = 2_000;
/// How long one may wait for its turn.
const QUEUE: Duration = Duration::from_secs(60);
/// How long one may take.
const LONGEST: Duration = Duration::from_secs(600);

/// How it ended; nothing before that.
pub(super) type Outcome = Option<Result<(), Failure>>;

/// All of them, by server and id.
#[derive(Default)]
pub(super) struct UnderWay {
    count: usize,
    servers: HashMap<OwnedServerName, Server>,
}

struct Server {
    turns: Arc<Semaphore>,
    files: HashMap<String, watch::Receiver<Outcome>>,
}

/// One of them, until it is dropped.
struct Place {
    files: Files,
    server: OwnedServerName,
    media_id: String,
}

impl Files {
    /// Lets a file be fetched, if it is not already; gives where to wait for the outcome, and whether it was begun for
    /// this. It goes on if nobody waits any more.
    pub(super) fn fetch_once(
        &self,
        server: &ServerName,
        media_id: &str,
        wait: Duration,
    ) -> Result<(watch::Receiver<Outcome>, bool), Failure> {
        let mut under_way = self.inner.under_way.lock();
        if under_way.count >= MOST {
            return Err(Failure::Busy);
        }
        let begun = || Server { turns: Arc::new(Semaphore::new(OF_ONE_SERVER)), files: HashMap::new() };
        let of_server = under_way.servers.entry(server.to_owned()).or_insert_with(begun);
        if let Some(outcome) = of_server.files.get(media_id) {
            return Ok((outcome.clone(), false));
        }
        let (done, outcome) = watch::channel(None);
        of_server.files.insert(media_id.to_owned(), outcome.clone());
        let turns = of_server.turns.clone();
        under_way.count += 1;
        drop(under_way);
        let place = Place { files: self.clone(), server: server.to_owned(), media_id: media_id.to_owned() };
        self.inner.runtime.spawn(async move {
            let ended = place.work(&turns, wait).await;
            place.files.note(&place.server, &place.media_id, &ended);
            // Who comes from now on finds what was fetched, or why it was not.
            drop(place);
            let _nobody_waits = done.send(Some(ended));
        });
        Ok((outcome, true))
    }
}

impl Place {
    async fn work(&self, turns: &Semaphore, wait: Duration) -> Result<(), Failure> {
        let turn = timeout(QUEUE, async { (turns.acquire().await, self.files.inner.turns.acquire().await) });
        let _turn = turn.await.map_err(|_| Failure::Busy)?;
        match timeout(LONGEST, self.files.fetch(&self.server, &self.media_id, wait)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => {
                tracing::debug!(server = %self.server, media_id = self.media_id, %error, "a file was not fetched");
                Err(Failure::of(&error))
            }
            Err(_) => Err(Failure::Unreachable("the file did not come in time".into())),
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut under_way = self.files.inner.under_way.lock();
        under_way.count = under_way.count.saturating_sub(1);
        if let Some(server) = under_way.servers.get_mut(&self.server) {
            server.files.remove(&self.media_id);
            if server.files.is_empty() {
                under_way.servers.remove(&self.server);
            }
        }
    }
}
