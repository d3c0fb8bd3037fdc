//! Downloading.

mod arrivals;
mod body;
mod find;
mod hot;

pub(crate) use arrivals::Arrivals;
pub use body::Body;
pub(crate) use body::Opened;
pub(crate) use hot::{Hot, HotFile};

use std::{ops::Range, time::Duration};

use tokio::runtime::Handle;

use crate::{ContentHash, Media, Result};

/// A file that can be read.
pub struct Download {
    /// The hash of its content.
    pub hash: ContentHash,
    /// Its bytes.
    pub size: u64,
    /// What it is said to be.
    pub content_type: String,
    /// What its uploader called it.
    pub file_name: Option<String>,
    pub(crate) content: Opened,
    pub(crate) runtime: Handle,
}

impl Download {
    /// A part of the content; what lies outside it is left out.
    pub fn body(self, part: Range<u64>) -> Body {
        let end = part.end.min(self.size);
        Body::new(self.content, part.start.min(end)..end, self.runtime)
    }
}

impl Media {
    /// Opens the file of this id. Where it has not been uploaded yet, waits for it so long.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`] also for what is quarantined; [`crate::Error::NotYetUploaded`].
    pub async fn download(&self, media_id: &str, wait: Duration) -> Result<Download> {
        self.open(media_id, wait, false).await
    }

    /// The same for somebody without a token: only what may be had so, and without waiting.
    pub async fn download_open(&self, media_id: &str) -> Result<Download> {
        self.open(media_id, Duration::ZERO, true).await
    }

    async fn open(&self, media_id: &str, wait: Duration, open_only: bool) -> Result<Download> {
        if let Some(hot) = self.hot.get(media_id, None, open_only) {
            return Ok(self.download_of_hot(hot));
        }
        let (storage, moment) = (self.storage.clone(), self.hot.moment());
        let found = self
            .find(media_id, wait, open_only, move |_, content| {
                Ok(Opened::open(&*storage, content.bytes.take(), &content.hash))
            })
            .await?;
        let content = found.also.map_err(body::missing)?;
        let (hash, row, runtime) = (found.hash, found.row, self.runtime.clone());
        if let Opened::Bytes(bytes) = content {
            let (content_type, file_name, is_open) = (row.content_type, row.file_name, row.is_open);
            let hot = HotFile { hash, content_type, file_name, is_open, bytes };
            self.hot.keep(moment, media_id, None, hot.clone());
            return Ok(self.download_of_hot(hot));
        }
        let (content_type, file_name) = (row.content_type, row.file_name);
        Ok(Download { hash, size: found.size, content_type, file_name, content, runtime })
    }

    pub(crate) fn download_of_hot(&self, hot: HotFile) -> Download {
        let HotFile { hash, content_type, file_name, bytes, .. } = hot;
        let (size, content, runtime) = (bytes.len() as u64, Opened::Bytes(bytes), self.runtime.clone());
        Download { hash, size, content_type, file_name, content, runtime }
    }
}
