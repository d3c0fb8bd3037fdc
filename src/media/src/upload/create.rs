//! Addresses for files that come later (client-server §post_matrixmediav1create).

use std::time::Duration;

use ruma::UserId;
use store::media::{MediaRow, uploads};

use crate::{Error, Incoming, Label, Media, Result, media_id, upload::commit::may_fill};

/// Milliseconds of an hour.
const HOUR: i64 = 3_600_000;
/// When who has too many addresses may try again.
const LATER: Duration = Duration::from_secs(60);

/// A new address.
#[derive(Clone, Debug)]
pub struct Created {
    /// The last part of its URI.
    pub media_id: String,
    /// Until when it waits for its file, in milliseconds since 1970.
    pub expires_at: i64,
}

impl Media {
    /// Makes an address.
    ///
    /// # Errors
    /// [`Error::LimitExceeded`] for who has too many that nothing has been uploaded to.
    pub async fn create(&self, user: &UserId) -> Result<Created> {
        let now = self.clock.now_ms();
        let expires_at = now.saturating_add(i64::try_from(self.config.pending_hours).unwrap_or_default() * HOUR);
        let media_id = media_id::new(&*self.random);
        let row = MediaRow {
            media_id: media_id.clone(),
            user_id: user.to_string(),
            created_at: now,
            expires_at: Some(expires_at),
            hash: None,
            content_type: String::new(),
            file_name: None,
            is_open: false,
        };
        let most = i64::from(self.config.pending_uploads);
        let write = move |tx: &mut store::Tx<'_>| {
            if uploads::pending(tx.conn(), &row.user_id, now)? >= most {
                return Ok(false);
            }
            uploads::insert(tx, &row)?;
            Ok(true)
        };
        match self.store.write(write).await? {
            true => Ok(Created { media_id, expires_at }),
            false => Err(Error::LimitExceeded { retry_after: LATER }),
        }
    }

    /// A user begins to upload the file that an address waits for. Refuses what cannot end well.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an address that was not made or has expired, [`Error::CannotOverwrite`],
    /// [`Error::Forbidden`] for who has not made it; and as [`Media::begin_upload`].
    pub async fn begin_fill(&self, user: &UserId, media_id: &str, length: Option<u64>) -> Result<Incoming> {
        if !media_id::is_valid(media_id) {
            return Err(Error::NotFound);
        }
        let id = media_id.to_owned();
        let row = self.store.read(move |conn| uploads::get(conn, &id)).await?;
        may_fill(row.as_ref(), user.as_str(), self.clock.now_ms())?;
        self.begin_upload(user, length).await
    }

    /// Keeps a file under the address that waits for it.
    ///
    /// # Errors
    /// As [`Media::begin_fill`]; of two at the same time one gets [`Error::CannotOverwrite`].
    pub async fn fill(&self, user: &UserId, media_id: &str, incoming: Incoming, label: Label) -> Result<()> {
        let row = self.row(user, media_id.to_owned(), label);
        self.commit(row, incoming.finish().await?, true).await?;
        self.arrivals.arrived(media_id);
        Ok(())
    }
}
