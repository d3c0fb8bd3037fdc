//! Writing down that a file is there.

use store::{
    Tx,
    media::{MediaRow, NewContent, Usage, contents, uploads, usage},
};

use tokio::sync::RwLockReadGuard;

use crate::{Error, Media, Result, upload::Received};

/// What a user may have; none: any number.
#[derive(Clone, Copy)]
pub(super) struct Quota {
    bytes: Option<u64>,
    files: Option<u64>,
}

impl Quota {
    /// Whether a user who has this much may add a file of so many bytes.
    pub(super) fn check(self, has: Usage, adding: i64) -> Result<()> {
        let within = |limit: Option<u64>, number: i64| {
            limit.is_none_or(|limit| u64::try_from(number).unwrap_or_default() <= limit)
        };
        if within(self.bytes, has.bytes.saturating_add(adding)) && within(self.files, has.files.saturating_add(1)) {
            return Ok(());
        }
        Err(Error::Forbidden("you have uploaded as much as this server lets you".into()))
    }

    fn is_some(self) -> bool {
        self.bytes.is_some() || self.files.is_some()
    }
}

/// What is written in one transaction.
struct Commit {
    row: MediaRow,
    content: NewContent,
    quota: Quota,
    fill: bool,
}

impl Media {
    pub(super) fn quota(&self) -> Quota {
        Quota { bytes: self.quota_bytes(), files: self.quota_files() }
    }

    /// Keeps the file, then writes its row: a new one, or the one that waits for it.
    pub(super) async fn commit(&self, row: MediaRow, received: Received, fill: bool) -> Result<()> {
        let (content, until_written) = self.keep_content(received, row.created_at).await?;
        let row = MediaRow { hash: Some(content.hash.clone()), ..row };
        let commit = Commit { row, content, quota: self.quota(), fill };
        let outcome = self.store.write(move |tx| commit.run(tx)).await?;
        drop(until_written);
        outcome
    }

    /// Keeps what was received, at `now`, where it belongs. Gives what is to be written of it, and what is to be held until
    /// that is done.
    pub(crate) async fn keep_content(
        &self,
        received: Received,
        now: i64,
    ) -> Result<(NewContent, Option<RwLockReadGuard<'_, ()>>)> {
        let (hash, size) = (received.hash(), received.size());
        let mut until_written = None;
        let bytes = match received {
            Received::Small(_, bytes) => Some(bytes),
            Received::Large(staged) => {
                let known = self.store.read(move |conn| contents::quarantined(conn, hash.as_bytes())).await?;
                if known == Some(true) {
                    return Err(put_away());
                }
                until_written = Some(self.files.read().await);
                let storage = self.storage.clone();
                self.blocking(move || storage.keep(staged)).await??;
                None
            }
        };
        let hash = hash.as_bytes().to_vec();
        Ok((NewContent { hash, size, created_at: now, quarantined: false, bytes }, until_written))
    }
}

impl Commit {
    fn run(&self, tx: &mut Tx<'_>) -> store::Result<Result<()>> {
        let Self { row, content, quota, fill } = self;
        if *fill {
            let waiting = uploads::get(tx.conn(), &row.media_id)?;
            if let Err(refused) = may_fill(waiting.as_ref(), &row.user_id, row.created_at) {
                return Ok(Err(refused));
            }
        }
        if quota.is_some()
            && let Err(refused) = quota.check(usage::get(tx.conn(), &row.user_id)?, content.size)
        {
            return Ok(Err(refused));
        }
        if !contents::add(tx, content)? {
            return Ok(Err(put_away()));
        }
        if *fill {
            uploads::fill(tx, row)?
        } else {
            uploads::insert(tx, row)?
        }
        usage::add(tx, &row.user_id, 1, content.size)?;
        Ok(Ok(()))
    }
}

/// Whether a user may upload to an address at the time `now`.
pub(super) fn may_fill(row: Option<&MediaRow>, user_id: &str, now: i64) -> Result<()> {
    match row {
        Some(row) if row.user_id != user_id => Err(Error::Forbidden("this address was made by somebody else".into())),
        Some(row) if row.hash.is_some() => Err(Error::CannotOverwrite),
        Some(row) if row.expires_at.is_some_and(|end| now < end) => Ok(()),
        _ => Err(Error::NotFound),
    }
}

/// What is said of a content that an operator has put away.
pub(crate) fn put_away() -> Error {
    Error::Forbidden("this content is not allowed here".into())
}
