//! Keeping thumbnails for the next who asks.

use store::{
    Tx,
    media::{NewContent, ThumbnailKey, ThumbnailRow, contents, thumbnails},
};

use crate::{
    ContentHash, Download, Error, Media, Result, download::Opened, storage::Receiving, thumbnail::size, upload::SMALL,
};

/// Thumbnails of one content that are kept beside the usual ones. Further ones are made anew each time.
const UNUSUAL: i64 = 12;

impl Media {
    /// Writes down that a content is its own thumbnail.
    pub(super) async fn keep_original(&self, of: &ContentHash, key: ThumbnailKey, content_type: &str) -> Result<()> {
        let row = ThumbnailRow::new(of.as_bytes(), key, of.as_bytes(), content_type);
        let of = *of;
        let write = move |tx: &mut Tx<'_>| match may_keep(tx, &of, key)? {
            true => thumbnails::add(tx, &row),
            false => Ok(()),
        };
        Ok(self.store.write(write).await?)
    }

    /// Keeps a thumbnail, and gives it.
    pub(super) async fn keep_thumbnail(
        &self,
        of: &ContentHash,
        key: ThumbnailKey,
        bytes: Vec<u8>,
        content_type: &'static str,
    ) -> Result<Download> {
        let (hash, size) = (ContentHash::of(&bytes), bytes.len() as u64);
        let content = Opened::Bytes(bytes.clone().into());
        let mut until_written = None;
        let kept = if bytes.len() <= SMALL {
            Some(bytes)
        } else {
            until_written = Some(self.files.read().await);
            self.keep_file(bytes).await?;
            None
        };
        let new = NewContent {
            hash: hash.as_bytes().to_vec(),
            size: i64::try_from(size).unwrap_or(i64::MAX),
            created_at: self.clock.now_ms(),
            quarantined: false,
            bytes: kept,
        };
        let row = ThumbnailRow::new(of.as_bytes(), key, hash.as_bytes(), content_type);
        let of = *of;
        let write = move |tx: &mut Tx<'_>| {
            if !may_keep(tx, &of, key)? {
                return Ok(true);
            }
            let allowed = contents::add(tx, &new)?;
            if allowed {
                thumbnails::add(tx, &row)?;
            }
            Ok(allowed)
        };
        let allowed = self.store.write(write).await?;
        drop(until_written);
        if !allowed {
            return Err(Error::NotFound);
        }
        let (content_type, runtime) = (content_type.to_owned(), self.runtime.clone());
        Ok(Download { hash, size, content_type, file_name: None, content, runtime })
    }

    async fn keep_file(&self, bytes: Vec<u8>) -> Result<()> {
        let (folder, random, storage) = (self.incoming.clone(), self.random.clone(), self.storage.clone());
        let work = move || {
            let mut file = Receiving::begin(&folder, &*random)?;
            file.write(&bytes)?;
            storage.keep(file.finish())
        };
        Ok(self.blocking(work).await??)
    }
}

/// Whether the original is still there, and has not too many thumbnails already.
fn may_keep(tx: &mut Tx<'_>, of: &ContentHash, key: ThumbnailKey) -> store::Result<bool> {
    if contents::quarantined(tx.conn(), of.as_bytes())? != Some(false) {
        return Ok(false);
    }
    Ok(size::is_usual(key) || thumbnails::count(tx.conn(), of.as_bytes())? < UNUSUAL)
}
