//! From an id to its content.

use std::time::Duration;

use store::{Conn, media::Content};
use tokio::time::{Instant, timeout_at};

use crate::{
    ContentHash, Error, Media, Result,
    address::{Address, Known},
};

/// The longest that a download may wait for its file.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// A file that is there.
pub(crate) struct Found<T> {
    pub content_type: String,
    pub file_name: Option<String>,
    pub is_open: bool,
    pub hash: ContentHash,
    pub size: u64,
    /// What else was read with it.
    pub also: T,
}

impl Media {
    /// The file of this address, if anybody gets it, and what `also` reads in the same moment. Where it has not been uploaded
    /// yet, waits for it so long.
    pub(crate) async fn find<T: Send + 'static>(
        &self,
        address: &Address,
        wait: Duration,
        open_only: bool,
        also: impl Fn(&mut Conn, &mut Content) -> store::Result<T> + Clone + Send + 'static,
    ) -> Result<Found<T>> {
        if !address.is_valid() {
            return Err(Error::NotFound);
        }
        let first = self.look_up(address, open_only, also.clone()).await;
        if wait.is_zero() || !matches!(first, Err(Error::NotYetUploaded)) {
            return first;
        }
        let deadline = Instant::now() + wait.min(LONGEST_WAIT);
        // Only files of this server are waited for.
        let Address::Own(media_id) = address else { return first };
        let Some(waiter) = self.arrivals.wait_for(media_id) else { return first };
        loop {
            let mut notified = std::pin::pin!(waiter.notify.notified());
            // From here on nothing is missed; it may have come since the first look.
            notified.as_mut().enable();
            let found = self.look_up(address, open_only, also.clone()).await;
            if !matches!(found, Err(Error::NotYetUploaded)) || timeout_at(deadline, notified).await.is_err() {
                return found;
            }
        }
    }

    async fn look_up<T: Send + 'static>(
        &self,
        address: &Address,
        open_only: bool,
        also: impl Fn(&mut Conn, &mut Content) -> store::Result<T> + Send + 'static,
    ) -> Result<Found<T>> {
        let (address, now) = (address.clone(), self.clock.now_ms());
        let read = move |conn: &mut Conn| {
            let Some(mut known) = address.look_up(conn)? else { return Ok(Err(Error::NotFound)) };
            let mut content = match available(&mut known, open_only, now) {
                Ok(content) => content,
                Err(error) => return Ok(Err(error)),
            };
            let Some(hash) = ContentHash::from_bytes(&content.hash) else {
                return Err(store::Error::Corrupt("the hash of a content is not one".into()));
            };
            let size = u64::try_from(content.size).unwrap_or_default();
            let also = also(conn, &mut content)?;
            let Known { content_type, file_name, is_open, .. } = known;
            Ok(Ok(Found { content_type, file_name, is_open, hash, size, also }))
        };
        self.store.read(read).await?
    }
}

fn available(known: &mut Known, open_only: bool, now: i64) -> Result<Content> {
    if open_only && !known.is_open {
        return Err(Error::NotFound);
    }
    match known.expires_at {
        Some(end) if now < end => Err(Error::NotYetUploaded),
        _ => known.content.take().filter(|content| !content.quarantined).ok_or(Error::NotFound),
    }
}
