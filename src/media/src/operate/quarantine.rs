//! Putting contents away: nobody gets them, and nobody can upload them again.

use ruma::UserId;
use store::{
    Tx,
    media::{NewContent, contents, deletion, uploads},
};

use crate::{ContentHash, Media, Result, Which};

impl Media {
    /// Puts a content away, also one that has never been here; gives its hash.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`] for an id without content.
    pub async fn quarantine(&self, which: &Which) -> Result<ContentHash> {
        let hash = self.content_of(which).await?;
        let now = self.clock.now_ms();
        self.store.write(move |tx| put_away(tx, hash.as_bytes(), now)).await?;
        self.hot.forget();
        tracing::info!(%hash, "a content was quarantined");
        Ok(hash)
    }

    /// Ends the quarantine of a content; gives its hash.
    ///
    /// # Errors
    /// As [`Media::quarantine`].
    pub async fn end_quarantine(&self, which: &Which) -> Result<ContentHash> {
        let hash = self.content_of(which).await?;
        let write = move |tx: &mut Tx<'_>| {
            contents::set_quarantined(tx, hash.as_bytes(), false)?;
            deletion::forget_deleted(tx, hash.as_bytes())
        };
        self.store.write(write).await?;
        tracing::info!(%hash, "the quarantine of a content was ended");
        Ok(hash)
    }

    /// Puts away everything that a user has uploaded; gives how many contents that is.
    pub async fn quarantine_user(&self, user: &UserId) -> Result<usize> {
        let (user, now) = (user.to_string(), self.clock.now_ms());
        let write = move |tx: &mut Tx<'_>| {
            let hashes = uploads::hashes_of_user(tx.conn(), &user)?;
            hashes.iter().try_for_each(|hash| put_away(tx, hash, now))?;
            Ok(hashes.len())
        };
        let count = self.store.write(write).await?;
        self.hot.forget();
        Ok(count)
    }
}

fn put_away(tx: &mut Tx<'_>, hash: &[u8], now: i64) -> store::Result<()> {
    if contents::set_quarantined(tx, hash, true)? {
        return Ok(());
    }
    let unseen = NewContent { hash: hash.to_owned(), size: 0, created_at: now, quarantined: true, bytes: None };
    contents::add(tx, &unseen).map(drop)
}
