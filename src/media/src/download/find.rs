//! From an id to its content.

use std::time::Duration;

use store::{
    Conn,
    media::{Content, MediaRow, uploads},
};
use tokio::time::{Instant, timeout_at};

use crate::{ContentHash, Error, Media, Result, media_id};

/// The longest that a download may wait for its file.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// A file that is there.
pub(crate) struct Found<T> {
    pub row: MediaRow,
    pub hash: ContentHash,
    pub size: u64,
    /// What else was read with it.
    pub also: T,
}

impl Media {
    /// The file of this id, if anybody gets it, and what `also` reads in the same moment. Where it has not been uploaded
    /// yet, waits for it so long.
    pub(crate) async fn find<T: Send + 'static>(
        &self,
        media_id: &str,
        wait: Duration,
        open_only: bool,
        also: impl Fn(&mut Conn, &mut Content) -> store::Result<T> + Clone + Send + 'static,
    ) -> Result<Found<T>> {
        if !media_id::is_valid(media_id) {
            return Err(Error::NotFound);
        }
        let first = self.look_up(media_id, open_only, also.clone()).await;
        if wait.is_zero() || !matches!(first, Err(Error::NotYetUploaded)) {
            return first;
        }
        let deadline = Instant::now() + wait.min(LONGEST_WAIT);
        let Some(waiter) = self.arrivals.wait_for(media_id) else { return first };
        loop {
            let mut notified = std::pin::pin!(waiter.notify.notified());
            // From here on nothing is missed; it may have come since the first look.
            notified.as_mut().enable();
            let found = self.look_up(media_id, open_only, also.clone()).await;
            if !matches!(found, Err(Error::NotYetUploaded)) || timeout_at(deadline, notified).await.is_err() {
                return found;
            }
        }
    }

    async fn look_up<T: Send + 'static>(
        &self,
        media_id: &str,
        open_only: bool,
        also: impl Fn(&mut Conn, &mut Content) -> store::Result<T> + Send + 'static,
    ) -> Result<Found<T>> {
        let (id, now) = (media_id.to_owned(), self.clock.now_ms());
        let read = move |conn: &mut Conn| {
            let Some((row, content)) = uploads::with_content(conn, &id)? else { return Ok(Err(Error::NotFound)) };
            let mut content = match available(&row, content, open_only, now) {
                Ok(content) => content,
                Err(error) => return Ok(Err(error)),
            };
            let Some(hash) = ContentHash::from_bytes(&content.hash) else {
                return Err(store::Error::Corrupt("the hash of a content is not one".into()));
            };
            let size = u64::try_from(content.size).unwrap_or_default();
            let also = also(conn, &mut content)?;
            Ok(Ok(Found { row, hash, size, also }))
        };
        self.store.read(read).await?
    }
}

fn available(row: &MediaRow, content: Option<Content>, open_only: bool, now: i64) -> Result<Content> {
    if open_only && !row.is_open {
        return Err(Error::NotFound);
    }
    match row.expires_at {
        Some(end) if now < end => Err(Error::NotYetUploaded),
        _ => content.filter(|content| !content.quarantined).ok_or(Error::NotFound),
    }
}
