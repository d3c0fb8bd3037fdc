//! Looking at files.

use ruma::UserId;
use store::media::{Listed, uploads};

use crate::{ContentHash, Error, Media, Result};

/// A file as an operator sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// The last part of its URI.
    pub media_id: String,
    /// Who uploaded it.
    pub user_id: String,
    /// When, in milliseconds since 1970.
    pub created_at: i64,
    /// Its content; none where it has not come yet.
    pub hash: Option<ContentHash>,
    /// Bytes of its content.
    pub size: u64,
    /// What it is said to be.
    pub content_type: String,
    /// What its uploader called it.
    pub file_name: Option<String>,
    /// Whether nobody gets it.
    pub quarantined: bool,
}

impl From<Listed> for File {
    fn from((row, size, quarantined): Listed) -> Self {
        Self {
            media_id: row.media_id,
            user_id: row.user_id,
            created_at: row.created_at,
            hash: row.hash.as_deref().and_then(ContentHash::from_bytes),
            size: size.and_then(|size| u64::try_from(size).ok()).unwrap_or_default(),
            content_type: row.content_type,
            file_name: row.file_name,
            quarantined: quarantined.unwrap_or(false),
        }
    }
}

impl Media {
    /// Files in the order of their ids, those after `after`.
    pub async fn files(&self, after: &str, limit: usize) -> Result<Vec<File>> {
        let (after, limit) = (after.to_owned(), i64::try_from(limit).unwrap_or(i64::MAX));
        let listed = self.store.read(move |conn| uploads::list(conn, &after, limit)).await?;
        Ok(listed.into_iter().map(File::from).collect())
    }

    /// Files of a user, the newest first, `skip` of them left out; and how many the user has.
    pub async fn files_of(&self, user: &UserId, skip: u64, limit: usize) -> Result<(Vec<File>, u64)> {
        let user = user.to_string();
        let (skip, limit) = (i64::try_from(skip).unwrap_or(i64::MAX), i64::try_from(limit).unwrap_or(i64::MAX));
        let read = move |conn: &mut store::Conn, _| {
            Ok((uploads::list_of_user(conn, &user, skip, limit)?, uploads::count_of_user(conn, &user)?))
        };
        let (listed, total) = self.store.slow_snapshot(read).await?;
        Ok((listed.into_iter().map(File::from).collect(), u64::try_from(total).unwrap_or_default()))
    }

    /// The file of this id.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn file(&self, media_id: &str) -> Result<File> {
        let id = media_id.to_owned();
        let found = self.store.read(move |conn| uploads::with_content(conn, &id)).await?;
        let (row, content) = found.ok_or(Error::NotFound)?;
        let content = content.map(|content| (content.size, content.quarantined));
        Ok((row, content.map(|(size, _)| size), content.map(|(_, quarantined)| quarantined)).into())
    }
}
