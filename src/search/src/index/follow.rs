//! The follower of the log.

use std::time::{Duration, Instant};

use store::{
    Conn, Store,
    search::{self, Progress, SearchRow},
};

use super::text::search_row;
use crate::Search;

/// How often it looks whether there is anything new.
const EVERY: Duration = Duration::from_millis(400);
/// How long it stands back while others wait for the writer.
const STAND_BACK: Duration = Duration::from_secs(3);
/// Entries of the log, or older events, of one round.
const ROUND: i64 = 500;
/// How long it rests after an error.
const AFTER_ERROR: Duration = Duration::from_secs(5);

/// What one round reads.
struct Round {
    rows: Vec<SearchRow>,
    progress: Progress,
    done_again: Vec<i64>,
}

impl Search {
    /// Takes what is new into the index, for as long as it is polled. After a crash it goes on where it was; an index that
    /// is not there is made from all events.
    pub async fn follow(self) {
        let store = self.rooms.store().clone();
        let mut progress = None;
        let mut waiting_since = None;
        loop {
            tokio::time::sleep(EVERY).await;
            let behind =
                progress.is_none_or(|progress: Progress| progress.is_behind() || progress.position < store.position());
            if !behind {
                continue;
            }
            let (.., writes_waiting) = store.writer_counts();
            let since = *waiting_since.get_or_insert_with(Instant::now);
            if writes_waiting > 0 && since.elapsed() < STAND_BACK {
                continue;
            }
            waiting_since = None;
            match catch_up(&store, progress).await {
                Ok(now) => progress = Some(now),
                Err(store::Error::Closed) => return,
                Err(error) => {
                    tracing::warn!(%error, "messages could not be taken into the search index; it is tried again");
                    progress = None;
                    tokio::time::sleep(AFTER_ERROR).await;
                }
            }
        }
    }

    /// Takes in everything that there is now.
    ///
    /// # Errors
    /// What the database says.
    pub async fn catch_up(&self) -> crate::Result<()> {
        let store = self.rooms.store();
        let mut progress = None;
        loop {
            let now = catch_up(store, progress).await?;
            if !now.is_behind() && now.position >= store.position() {
                return Ok(());
            }
            progress = Some(now);
        }
    }
}

/// One round: what was to be done again, then older events, then the log.
async fn catch_up(store: &Store, progress: Option<Progress>) -> store::Result<Progress> {
    let progress = match progress {
        Some(progress) => progress,
        None => store.write(search::start).await?,
    };
    let round = store.slow_snapshot(move |conn, end| read(conn, end, &progress)).await?;
    let now = round.progress;
    if round.rows.is_empty() && round.done_again.is_empty() && now == progress {
        return Ok(now);
    }
    store
        .write(move |tx| {
            search::write(tx, &round.rows)?;
            search::finish(tx, &round.progress, &round.done_again)
        })
        .await?;
    Ok(now)
}

fn read(conn: &mut Conn, end: i64, progress: &Progress) -> store::Result<Round> {
    let (done_again, again) = search::to_do_again(conn, ROUND)?;
    let batch = match progress.is_behind() {
        true => search::older(conn, progress, ROUND)?,
        false => search::logged(conn, end, progress, ROUND)?,
    };
    let mut rows = Vec::new();
    let events = again.iter().chain(&batch.events);
    for event in events {
        rows.extend(search_row(conn, event)?);
    }
    Ok(Round { rows, progress: batch.progress, done_again })
}
