//! The follower of the log.

use std::time::Duration;

use store::{
    Conn, Store,
    search::{self, Progress, SearchRow},
};

use super::{
    pace::{EVERY, stand_back},
    text::search_row,
};
use crate::Search;

/// Entries of the log, or older events, of one round.
const ROUND: i64 = 500;
/// How long it rests after an error.
const AFTER_ERROR: Duration = Duration::from_secs(5);

/// What one round reads.
struct Round {
    rows: Vec<SearchRow>,
    progress: Progress,
    done_again: Vec<i64>,
    /// Whether there was more to read.
    more: bool,
}

/// What one round did.
struct Done {
    progress: Progress,
    more: bool,
}

impl Search {
    /// Takes what is new into the index, for as long as it is polled. After a crash it goes on where it was; an index that
    /// is not there is made from all events.
    pub async fn follow(self) {
        let store = self.rooms.store().clone();
        let (mut progress, mut more): (Option<Progress>, bool) = (None, false);
        loop {
            if !more {
                // A little is worth waiting for: the index is best written in large pieces.
                tokio::time::sleep(EVERY).await;
            }
            let behind = progress.map_or(0, |progress| store.position() - progress.position);
            if progress.is_some_and(|progress| behind <= 0 && !progress.is_behind()) {
                more = false;
                continue;
            }
            stand_back(&store, behind).await;
            match catch_up(&store, progress).await {
                Ok(round) => (progress, more) = (Some(round.progress), round.more),
                Err(store::Error::Closed) => return,
                Err(error) => {
                    tracing::warn!(%error, "messages could not be taken into the search index; it is tried again");
                    (progress, more) = (None, false);
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
            let round = catch_up(store, progress).await?;
            if !round.more && round.progress.position >= store.position() {
                return Ok(());
            }
            progress = Some(round.progress);
        }
    }
}

/// One round: what was to be done again, then older events, then the log.
async fn catch_up(store: &Store, progress: Option<Progress>) -> store::Result<Done> {
    let progress = match progress {
        Some(progress) => progress,
        None => store.write(search::start).await?,
    };
    let round = store.slow_snapshot(move |conn, end| read(conn, end, &progress)).await?;
    let done = Done { progress: round.progress, more: round.more };
    if round.rows.is_empty() && round.done_again.is_empty() && done.progress == progress {
        return Ok(done);
    }
    store
        .write(move |tx| {
            search::write(tx, &round.rows)?;
            search::finish(tx, &round.progress, &round.done_again)
        })
        .await?;
    Ok(done)
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
    let now = batch.progress;
    let full = i64::try_from(done_again.len()).is_ok_and(|again| again >= ROUND);
    let more = full || now.is_behind() || now.position < end;
    Ok(Round { rows, progress: now, done_again, more })
}
