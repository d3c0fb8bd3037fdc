//! What the operator asks about uploaded files.

use media::File;

use super::{ListedFile, Operator, Reply};

/// Files of one list.
const PAGE: usize = 500;

impl Operator {
    /// Lists files: all of them in the order of their ids, or a user's, the newest first.
    pub(super) async fn list_media(
        &self,
        user: Option<String>,
        after: Option<String>,
        skip: u64,
    ) -> Result<Reply, String> {
        let files = match user {
            Some(user) => {
                let user = self.existing(&user).map_err(|error| error.to_string())?;
                self.media.files_of(&user, skip, PAGE).await.map(|(files, _)| files)
            }
            None => self.media.files(after.as_deref().unwrap_or_default(), PAGE).await,
        };
        let files = files.map_err(|error| error.to_string())?;
        Ok(Reply::Media(files.into_iter().map(|file| self.listed(file)).collect()))
    }

    /// Puts a content away, or ends that.
    pub(super) async fn quarantine_media(&self, media: &str, undo: bool) -> Result<Reply, media::Error> {
        let which = self.media.which(media)?;
        let hash = match undo {
            false => self.media.quarantine(&which).await?,
            true => self.media.end_quarantine(&which).await?,
        };
        Ok(Reply::Done(hash.to_string()))
    }

    /// Deletes files.
    pub(super) async fn delete_media(&self, media: &str) -> Result<Reply, media::Error> {
        let deleted = self.media.delete(&self.media.which(media)?).await?;
        Ok(Reply::Done(deleted.files.to_string()))
    }

    fn listed(&self, file: File) -> ListedFile {
        let marks = [(file.hash.is_none(), "not uploaded yet"), (file.quarantined, "quarantined")];
        ListedFile {
            uri: format!("mxc://{}/{}", self.media.server_name(), file.media_id),
            id: file.media_id,
            user: file.user_id,
            sha256: file.hash.map(|hash| hash.to_string()),
            size: file.size,
            content_type: file.content_type,
            file_name: file.file_name,
            marks: marks.into_iter().filter(|(set, _)| *set).map(|(_, mark)| mark.to_owned()).collect(),
        }
    }
}
