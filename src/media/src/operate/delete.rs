//! Deleting files for good.

use ruma::UserId;
use store::{
    Tx,
    media::{deletion, uploads},
};

use crate::{ContentHash, Error, Media, Result, Which};

/// Files of a user that are deleted in one transaction.
const PAGE: usize = 100;

/// What was deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deleted {
    /// Files: addresses under which a content could be had.
    pub files: usize,
}

impl Media {
    /// Deletes the file of an id, with its content if no other file has it; or all files of a content. A quarantine stays.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn delete(&self, which: &Which) -> Result<Deleted> {
        let deleted = match which.clone() {
            Which::Id(id) => {
                let delete = move |tx: &mut Tx<'_>| {
                    let files = deletion::delete(tx, &id)?;
                    Ok((usize::from(files.is_some()), files.unwrap_or_default()))
                };
                self.delete_with(delete).await?
            }
            Which::Remote(server, id) => {
                let delete = move |tx: &mut Tx<'_>| {
                    let files = deletion::delete_remote(tx, server.as_str(), &id)?;
                    Ok((usize::from(files.is_some()), files.unwrap_or_default()))
                };
                self.delete_with(delete).await?
            }
            Which::Content(hash) => self.delete_with(move |tx| deletion::delete_content(tx, hash.as_bytes())).await?,
        };
        if deleted.files == 0 { Err(Error::NotFound) } else { Ok(deleted) }
    }

    /// Deletes everything that a user has uploaded; gives the ids.
    pub async fn delete_files_of(&self, user: &UserId) -> Result<Vec<String>> {
        let mut all = Vec::new();
        loop {
            let user = user.to_string();
            let limit = i64::try_from(PAGE).unwrap_or(i64::MAX);
            let ids = self.store.read(move |conn| uploads::ids_of_user(conn, &user, limit)).await?;
            if ids.is_empty() {
                return Ok(all);
            }
            let page = ids.clone();
            self.delete_with(move |tx| {
                let mut files = Vec::new();
                for id in &page {
                    files.extend(deletion::delete(tx, id)?.unwrap_or_default());
                }
                Ok((page.len(), files))
            })
            .await?;
            all.extend(ids);
        }
    }

    /// Runs a transaction that says how many rows went and which files are needed no more, and removes those.
    pub(crate) async fn delete_with(
        &self,
        delete: impl FnMut(&mut Tx<'_>) -> store::Result<(usize, Vec<Vec<u8>>)> + Send + 'static,
    ) -> Result<Deleted> {
        let _alone = self.files.write().await;
        let (files, unneeded) = self.store.write(delete).await?;
        self.hot.forget();
        let storage = self.storage.clone();
        let remove = move || {
            let mut hashes = unneeded.iter().filter_map(|hash| ContentHash::from_bytes(hash));
            hashes.try_for_each(|hash| storage.remove(&hash))
        };
        // What is left over now is collected later.
        if let Err(error) = self.blocking(remove).await? {
            tracing::warn!(%error, "a deleted file could not be removed from the storage");
        }
        Ok(Deleted { files })
    }
}
