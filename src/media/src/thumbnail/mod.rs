//! Thumbnails (client-server §thumbnails): made when they are first asked for, and kept.

mod animated;
#[cfg(feature = "fuzzing")]
pub(crate) mod fuzzing;
mod keep;
mod make;
mod size;
mod turns;
mod webp;

pub(crate) use turns::Turns;

use std::{io, sync::Arc, time::Duration};

use peerbrain_core::background;
use store::media::{Content, ThumbnailKey, thumbnails};
use tokio::sync::oneshot;

use crate::{
    ContentHash, Download, Error, Media, Result, Storage,
    address::Address,
    download::{HotFile, Opened},
    thumbnail::make::{Limits, Made},
};

/// Pixels of a megapixel.
const MEGAPIXEL: u64 = 1_000_000;

/// How a picture is made smaller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// It fills the size, and what juts out is cut off.
    Crop,
    /// It fits into the size.
    Scale,
}

/// What thumbnail is wanted.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    /// Pixels from left to right, at least.
    pub width: u32,
    /// Pixels from top to bottom, at least.
    pub height: u32,
    /// How the picture comes to this size.
    pub method: Method,
    /// Whether it may move.
    pub animated: bool,
}

/// A thumbnail that is kept: its content, opened, and its content type.
struct Kept {
    content: Content,
    content_type: String,
    opened: io::Result<Opened>,
}

impl Kept {
    /// As it may be kept in memory, if it is small.
    fn hot(&self, is_open: bool) -> Option<HotFile> {
        let Ok(Opened::Bytes(bytes)) = &self.opened else { return None };
        let hash = ContentHash::from_bytes(&self.content.hash).filter(|_| !self.content.quarantined)?;
        let (content_type, bytes) = (self.content_type.clone(), bytes.clone());
        Some(HotFile { hash, content_type, file_name: None, is_open, bytes })
    }
}

impl Media {
    /// A thumbnail of the file of this id. Where it has not been uploaded yet, waits for it so long.
    ///
    /// # Errors
    /// As [`Media::download`]; [`Error::InvalidParam`] for a size of nothing, [`Error::NoThumbnail`] for what is no
    /// picture, [`Error::TooLarge`] for one of too many pixels, [`Error::LimitExceeded`] where too many are being made.
    pub async fn thumbnail(&self, media_id: &str, wanted: Wanted, wait: Duration) -> Result<Download> {
        self.thumbnail_for(&Address::own(media_id), wanted, wait, false).await
    }

    /// The same for somebody without a token: only of what may be had so, and without waiting.
    pub async fn thumbnail_open(&self, media_id: &str, wanted: Wanted) -> Result<Download> {
        self.thumbnail_for(&Address::own(media_id), wanted, Duration::ZERO, true).await
    }

    /// A thumbnail of any file.
    pub(crate) async fn thumbnail_for(
        &self,
        address: &Address,
        wanted: Wanted,
        wait: Duration,
        open_only: bool,
    ) -> Result<Download> {
        let key = size::normal(wanted)?;
        if let Some(hot) = self.hot.get(address, Some(key), open_only) {
            return Ok(self.download_of_hot(hot));
        }
        let of = match self.kept(address, key, wait, open_only).await? {
            (_, Some(kept)) => return self.thumbnail_of_kept(kept),
            (of, None) => of,
        };
        if let Some(refused) = self.thumbnails.refused(&of) {
            return Err(refused);
        }
        let turn = self.thumbnails.turn().await?;
        // Somebody before us in the queue may have made it.
        if let (_, Some(kept)) = self.kept(address, key, Duration::ZERO, open_only).await? {
            return self.thumbnail_of_kept(kept);
        }
        let Download { content, size, .. } = self.open(address, Duration::ZERO, false).await?;
        let limits = Limits { pixels: self.config.thumbnail_megapixels.saturating_mul(MEGAPIXEL) };
        let (done, result) = oneshot::channel();
        // The turn lasts as long as the work does, even if nobody waits for that any more, and until the result is kept.
        let work = move || drop(done.send((make::make(&mut *content.into_source(), size, key, limits), turn)));
        background::start("thumbnail", work)?;
        // A decoder that panics has met a picture that it cannot read.
        let (made, _turn) = result.await.map_or((Err(Error::NoThumbnail), None), |(made, turn)| (made, Some(turn)));
        match made {
            Ok(Made::Original(content_type)) => {
                self.keep_original(&of, key, content_type).await?;
                let original = self.open(address, Duration::ZERO, false).await?;
                Ok(Download { content_type: content_type.to_owned(), file_name: None, ..original })
            }
            Ok(Made::Picture { bytes, content_type }) => self.keep_thumbnail(&of, key, bytes, content_type).await,
            Err(error) => Err(self.thumbnails.refuse(of, error)),
        }
    }

    /// The hash of a file, and its thumbnail if that is kept.
    async fn kept(
        &self,
        address: &Address,
        key: ThumbnailKey,
        wait: Duration,
        open_only: bool,
    ) -> Result<(ContentHash, Option<Kept>)> {
        let (storage, moment): (Arc<dyn Storage>, u64) = (self.storage.clone(), self.hot.moment());
        let found = self.find(address, wait, open_only, move |conn, of| {
            let kept = thumbnails::get(conn, &of.hash, key)?;
            Ok(kept.map(|(mut content, content_type)| {
                let opened = Opened::open(&*storage, content.bytes.take(), &content.hash);
                Kept { content, content_type, opened }
            }))
        });
        let found = found.await?;
        // One whose file is lost is made again.
        let kept = found.also.filter(|kept| kept.opened.is_ok());
        if let Some(hot) = kept.as_ref().and_then(|kept| kept.hot(found.is_open)) {
            self.hot.keep(moment, address, Some(key), hot);
        }
        Ok((found.hash, kept))
    }

    fn thumbnail_of_kept(&self, kept: Kept) -> Result<Download> {
        let Kept { content, content_type, opened } = kept;
        if content.quarantined {
            return Err(Error::NotFound);
        }
        Ok(Download {
            hash: ContentHash::from_bytes(&content.hash).ok_or(Error::Internal("the hash of a content is not one"))?,
            size: u64::try_from(content.size).unwrap_or_default(),
            content_type,
            file_name: None,
            content: opened?,
            runtime: self.runtime.clone(),
        })
    }
}
