//! What is due now and then.

use std::{
    sync::atomic::{AtomicI64, Ordering},
    time::UNIX_EPOCH,
};

use store::media::{contents, uploads};

use crate::{ContentHash, Media, Result, Stored};

/// How often files without a row are looked for, in milliseconds.
const COLLECT_EVERY: i64 = 6 * 3_600_000;
/// How old such a file must be, in milliseconds: its row may be about to be written.
const COLLECT_AFTER: i64 = 3_600_000;
/// Files that are looked up at once.
const PAGE: usize = 500;

/// When files were last collected, in milliseconds since 1970.
#[derive(Default)]
pub(crate) struct Collections {
    last: AtomicI64,
}

impl Media {
    /// Forgets addresses whose file has not come, and now and then removes files without a row: what a crash left between
    /// the two. Lets go what is too much of other servers' files. To be called about once a minute.
    pub async fn housekeeping(&self) -> Result<()> {
        let now = self.clock.now_ms();
        if self.store.read(move |conn| uploads::any_expired(conn, now)).await? {
            self.store.write(move |tx| uploads::delete_expired(tx, now)).await?;
        }
        self.write_uses().await?;
        self.prune_cache().await?;
        if now.saturating_sub(self.collections.last.load(Ordering::Relaxed)) >= COLLECT_EVERY {
            let removed = self.collect().await?;
            self.collections.last.store(now, Ordering::Relaxed);
            if removed > 0 {
                tracing::info!(removed, "files that no media needs were removed");
            }
        }
        Ok(())
    }

    /// Removes old files without a row; gives how many.
    pub(crate) async fn collect(&self) -> Result<usize> {
        let (storage, now) = (self.storage.clone(), self.clock.now_ms());
        let old = self.blocking(move || {
            let mut old = Vec::new();
            storage.list(&mut |stored| old.extend(is_old(stored, now).then_some(stored.hash)))?;
            std::io::Result::Ok(old)
        });
        let mut removed = 0;
        for page in old.await??.chunks(PAGE) {
            removed += self.collect_among(page.to_vec()).await?;
        }
        Ok(removed)
    }

    async fn collect_among(&self, files: Vec<ContentHash>) -> Result<usize> {
        let _alone = self.files.write().await;
        let hashes: Vec<Vec<u8>> = files.iter().map(|hash| hash.as_bytes().to_vec()).collect();
        let known = self.store.read(move |conn| contents::known_files(conn, &hashes)).await?;
        let mut unknown = files;
        unknown.retain(|hash| !known.iter().any(|known| known == hash.as_bytes()));
        let (storage, count) = (self.storage.clone(), unknown.len());
        self.blocking(move || unknown.iter().try_for_each(|hash| storage.remove(hash))).await??;
        Ok(count)
    }
}

fn is_old(stored: Stored, now: i64) -> bool {
    let kept_at = stored.kept_at.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
    now.saturating_sub(i64::try_from(kept_at).unwrap_or(i64::MAX)) > COLLECT_AFTER
}
