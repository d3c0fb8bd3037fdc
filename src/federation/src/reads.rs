//! What other servers read of us: each of them so much in a while (`rate_limits.other_server_reads`), and so much at once.

use std::{collections::HashMap, sync::Arc, time::Duration};

use accounts::Limit;
use parking_lot::Mutex;
use ruma::{OwnedServerName, ServerName};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

use crate::{Error, Federation, Result};

/// Reads of one server that are worked on at the same time.
const AT_ONCE: usize = 10;
/// Reads of one server that wait for their turn: a refusal may keep a server away for longer than it would have waited.
const WAITING: usize = 100;
/// How long one of them waits.
const PATIENCE: Duration = Duration::from_secs(20);

/// What a read takes from the bucket of its server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cost {
    /// One event, one user, one file.
    One,
    /// A page of something, or many ids.
    Page,
    /// Whole states and auth chains.
    Whole,
    /// So many things.
    Many(usize),
}

impl Cost {
    fn count(self) -> usize {
        match self {
            Self::One => 1,
            Self::Page => 5,
            Self::Whole => 20,
            Self::Many(count) => count,
        }
    }
}

/// Who reads.
#[derive(Default)]
pub(crate) struct Reads {
    of_servers: Mutex<HashMap<OwnedServerName, Arc<Semaphore>>>,
}

/// A server reads, as long as this is kept.
#[derive(Debug)]
pub struct Reading {
    _turn: OwnedSemaphorePermit,
}

impl Reads {
    async fn turn(&self, origin: &ServerName, patience: Duration) -> Result<Reading> {
        let busy = || Error::LimitExceeded(1_000);
        let turns = {
            let mut of_servers = self.of_servers.lock();
            if !of_servers.contains_key(origin) {
                of_servers.retain(|_, turns| Arc::strong_count(turns) > 1);
            }
            of_servers.entry(origin.to_owned()).or_insert_with(|| Arc::new(Semaphore::new(AT_ONCE))).clone()
        };
        // One is in the map, one is ours, and every other one reads or waits.
        if Arc::strong_count(&turns) > 1 + AT_ONCE + WAITING {
            return Err(busy());
        }
        let turn = timeout(patience, turns.acquire_owned()).await;
        let turn = turn.map_err(|_| busy())?.map_err(|error| Error::Internal(error.to_string()))?;
        Ok(Reading { _turn: turn })
    }
}

impl Federation {
    /// Lets a server read something of ours when its turn has come.
    ///
    /// # Errors
    /// [`accounts::Error::LimitExceeded`] for who has read too much lately, [`Error::LimitExceeded`] for who reads too much
    /// at once.
    pub async fn begin_read(&self, origin: &ServerName, cost: Cost) -> Result<Reading> {
        self.inner.accounts.limits().check_many(Limit::OtherServerReads, origin, cost.count())?;
        self.inner.reads.turn(origin, PATIENCE).await
    }
}

#[cfg(test)]
mod tests {
    use futures_util::{FutureExt as _, future::join_all};
    use ruma::server_name;

    use super::*;

    const MOMENT: Duration = Duration::from_millis(200);

    #[tokio::test]
    async fn a_server_takes_turns_and_does_not_hold_up_others() {
        let (reads, origin) = (Reads::default(), server_name!("greedy.example"));
        let mut held = join_all((0..AT_ONCE).map(|_| reads.turn(origin, MOMENT))).await;
        assert!(held.iter().all(Result::is_ok));
        assert!(reads.turn(server_name!("other.example"), MOMENT).now_or_never().is_some());
        let waiting = join_all((0..WAITING + 5).map(|_| reads.turn(origin, MOMENT)));
        tokio::pin!(waiting);
        assert!(waiting.as_mut().now_or_never().is_none());
        held.clear();
        // Each keeps its turn until all have had one, so only the first come to read in time.
        let outcomes = waiting.await;
        let read = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
        assert_eq!(read, AT_ONCE);
        assert!(outcomes.iter().all(|outcome| matches!(outcome, Ok(_) | Err(Error::LimitExceeded(1_000)))));
        drop(outcomes);
        drop(reads.turn(server_name!("third.example"), MOMENT).await);
        assert_eq!(reads.of_servers.lock().len(), 1, "those who do nothing are forgotten");
    }
}
