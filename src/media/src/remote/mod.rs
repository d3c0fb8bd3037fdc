//! Files of other servers, kept for a while. How they are fetched is the federation's business.

mod keep;
mod prune;
mod uses;

use std::{
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    time::Duration,
};

use ruma::ServerName;
use tokio::sync::Mutex;

use crate::{Download, Error, Media, Result, Wanted, address::Address};
use uses::Uses;

/// What is remembered of them in memory.
pub(crate) struct Cache {
    uses: Uses,
    /// How many bytes they had when that was last counted, and what has come since.
    bytes: AtomicU64,
    /// Whether anything has come since.
    is_changed: AtomicBool,
    /// Held by who prunes.
    pruning: Mutex<()>,
}

impl Default for Cache {
    fn default() -> Self {
        // Nothing has been counted yet.
        let is_changed = AtomicBool::new(true);
        Self { uses: Uses::default(), bytes: AtomicU64::new(0), is_changed, pruning: Mutex::default() }
    }
}

impl Media {
    /// Opens a file of another server, if it is kept here; with `open_only` for somebody without a token.
    ///
    /// # Errors
    /// [`Error::NotFound`] for what is here, but not for whoever asks: then it need not be fetched.
    pub async fn cached(&self, server: &ServerName, media_id: &str, open_only: bool) -> Result<Option<Download>> {
        let address = Address::remote(server, media_id);
        let opened = self.open(&address, Duration::ZERO, open_only).await;
        self.seen(&address, opened, open_only).await
    }

    /// A thumbnail of a file of another server, if the file is kept here.
    ///
    /// # Errors
    /// As [`Media::cached`] and [`Media::thumbnail`].
    pub async fn cached_thumbnail(
        &self,
        server: &ServerName,
        media_id: &str,
        wanted: Wanted,
        open_only: bool,
    ) -> Result<Option<Download>> {
        let address = Address::remote(server, media_id);
        let made = self.thumbnail_for(&address, wanted, Duration::ZERO, open_only).await;
        self.seen(&address, made, open_only).await
    }

    /// How many bytes the files of other servers take, about.
    pub fn cached_bytes(&self) -> u64 {
        self.cache.bytes.load(Ordering::Relaxed)
    }

    async fn seen(&self, address: &Address, found: Result<Download>, open_only: bool) -> Result<Option<Download>> {
        match found {
            Err(Error::NotFound) if self.is_withheld(address, open_only).await? => Err(Error::NotFound),
            Err(Error::NotFound) => Ok(None),
            Err(error) => Err(error),
            Ok(file) => {
                self.cache.uses.note(address, self.clock.now_ms());
                Ok(Some(file))
            }
        }
    }

    /// Whether a file is here, but not for whoever asks.
    async fn is_withheld(&self, address: &Address, open_only: bool) -> Result<bool> {
        if !address.is_valid() {
            return Ok(true);
        }
        let address = address.clone();
        let known = self.store.read(move |conn| address.look_up(conn)).await?;
        Ok(known.is_some_and(|known| {
            (open_only && !known.is_open) || known.content.is_some_and(|content| content.quarantined)
        }))
    }
}
