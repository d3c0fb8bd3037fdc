//! Keeping what was fetched.

use std::sync::atomic::Ordering;

use ruma::ServerName;
use store::{
    Tx,
    media::{RemoteRow, contents, remote},
};

use crate::{Error, Incoming, Label, Media, Result};

impl Media {
    /// A file of another server begins to come.
    pub fn begin_remote(&self) -> Incoming {
        Incoming::new(self.incoming.clone(), self.runtime.clone(), self.random.clone(), self.max_remote(), None)
    }

    /// Keeps a file of another server for a while, in the place of one of the same address.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a content that an operator has put away.
    pub async fn keep_remote(
        &self,
        server: &ServerName,
        media_id: &str,
        incoming: Incoming,
        label: Label,
    ) -> Result<()> {
        let now = self.clock.now_ms();
        let kept = self.keep_content(incoming.finish().await?, now).await;
        // That is no business of those who ask.
        let not_found = |error| if matches!(error, Error::Forbidden(_)) { Error::NotFound } else { error };
        let (content, until_written) = kept.map_err(not_found)?;
        let size = u64::try_from(content.size).unwrap_or_default();
        let row = RemoteRow {
            server: server.to_string(),
            media_id: media_id.to_owned(),
            hash: content.hash.clone(),
            size: content.size,
            content_type: label.content_type(),
            file_name: label.file_name(),
            is_open: self.open_downloads(),
            fetched_at: now,
            used_at: now,
        };
        let write = move |tx: &mut Tx<'_>| {
            let allowed = contents::add(tx, &content)?;
            if allowed {
                remote::set(tx, &row)?;
            }
            Ok(allowed)
        };
        let allowed = self.store.write(write).await?;
        drop(until_written);
        if !allowed {
            return Err(Error::NotFound);
        }
        self.cache.is_changed.store(true, Ordering::Relaxed);
        let bytes = self.cache.bytes.fetch_add(size, Ordering::Relaxed).saturating_add(size);
        if bytes > self.cache_limit().saturating_add(self.max_remote()) {
            self.prune_cache().await?;
        }
        Ok(())
    }
}
