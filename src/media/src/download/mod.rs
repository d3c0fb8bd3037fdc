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

use crate::{ContentHash, Media, Result, address::Address};

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
        self.open(&Address::own(media_id), wait, false).await
    }

    /// The same for somebody without a token: only what may be had so, and without waiting.
    pub async fn download_open(&self, media_id: &str) -> Result<Download> {
        self.open(&Address::own(media_id), Duration::ZERO, true).await
    }

    /// Opens a file.
    pub(crate) async fn open(&self, address: &Address, wait: Duration, open_only: bool) -> Result<Download> {
        if let Some(hot) = self.hot.get(address, None, open_only) {
            return Ok(self.download_of_hot(hot));
        }
        let (storage, moment) = (self.storage.clone(), self.hot.moment());
        let found = self
            .find(address, wait, open_only, move |_, content| {
                Ok(Opened::open(&*storage, content.bytes.take(), &content.hash))
            })
            .await?;
        let content = found.also.map_err(body::missing)?;
        let (hash, content_type, file_name) = (found.hash, found.content_type, found.file_name);
        if let Opened::Bytes(bytes) = content {
            let hot = HotFile { hash, content_type, file_name, is_open: found.is_open, bytes };
            self.hot.keep(moment, address, None, hot.clone());
            return Ok(self.download_of_hot(hot));
        }
        Ok(Download { hash, size: found.size, content_type, file_name, content, runtime: self.runtime.clone() })
    }

    pub(crate) fn download_of_hot(&self, hot: HotFile) -> Download {
        let HotFile { hash, content_type, file_name, bytes, .. } = hot;
        let (size, content, runtime) = (bytes.len() as u64, Opened::Bytes(bytes), self.runtime.clone());
        Download { hash, size, content_type, file_name, content, runtime }
    }
}
