//! Uploading: at once, or to an address made before.

pub(crate) mod commit;
mod create;
mod incoming;
mod label;
mod under_way;

pub use create::Created;
pub use incoming::Incoming;
pub(crate) use incoming::Received;
pub use label::Label;
pub(crate) use under_way::UnderWay;

use std::sync::Arc;

use ruma::UserId;
use store::media::{MediaRow, usage};

use crate::{Error, Media, Result, media_id};

/// Bytes of a content that is kept in the database.
pub(crate) const SMALL: usize = 32 * 1_024;

impl Media {
    /// A user begins to upload a file, perhaps with its length. Refuses what cannot end well.
    ///
    /// # Errors
    /// [`Error::TooLarge`]; [`Error::Forbidden`] beyond the user's quota; [`Error::LimitExceeded`] for who uploads too
    /// many files at once.
    pub async fn begin_upload(&self, user: &UserId, length: Option<u64>) -> Result<Incoming> {
        if length.is_some_and(|length| length > self.max_upload()) {
            return Err(TOO_LARGE);
        }
        let place = self.under_way.enter(user)?;
        if self.quota_bytes().is_some() || self.quota_files().is_some() {
            let id = user.to_string();
            let usage = self.store.read(move |conn| usage::get(conn, &id)).await?;
            self.quota().check(usage, i64::try_from(length.unwrap_or_default()).unwrap_or(i64::MAX))?;
        }
        let (runtime, random) = (self.runtime.clone(), self.random.clone());
        Ok(Incoming::new(self.incoming.clone(), runtime, random, self.max_upload(), Some(place)))
    }

    /// Keeps an uploaded file; gives its id. When this returns, a power cut does not lose it.
    ///
    /// # Errors
    /// [`Error::Forbidden`] beyond the user's quota, or for a content that an operator has put away.
    pub async fn upload(&self, user: &UserId, incoming: Incoming, label: Label) -> Result<String> {
        let media_id = media_id::new(&*self.random);
        let row = self.row(user, media_id.clone(), label);
        self.commit(row, incoming.finish().await?, false).await?;
        Ok(media_id)
    }

    fn row(&self, user: &UserId, media_id: String, label: Label) -> MediaRow {
        MediaRow {
            media_id,
            user_id: user.to_string(),
            created_at: self.clock.now_ms(),
            expires_at: None,
            hash: None,
            content_type: label.content_type(),
            file_name: label.file_name(),
            is_open: self.config.open_downloads,
        }
    }
}

/// What is said of a file that is larger than [`Media::max_upload`].
pub(crate) const TOO_LARGE: Error = Error::TooLarge("the file is larger than this server takes");

impl UnderWay {
    fn enter(self: &Arc<Self>, user: &UserId) -> Result<under_way::Place> {
        UnderWay::place(self, user).ok_or(Error::LimitExceeded { retry_after: std::time::Duration::from_secs(1) })
    }
}
