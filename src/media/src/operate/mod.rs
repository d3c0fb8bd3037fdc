//! What operators do to files: look at them, put them away, delete them.

mod delete;
mod list;
mod quarantine;

pub use delete::Deleted;
pub use list::File;

use crate::{ContentHash, Error, Media, Result, media_id};

/// Which file is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Which {
    /// Every file of this content.
    Content(ContentHash),
    /// The file of this id.
    Id(String),
}

impl Media {
    /// Reads what an operator writes: a SHA-256, an mxc URI of this server, or its last part.
    ///
    /// # Errors
    /// [`Error::InvalidParam`] for what is none of them.
    pub fn which(&self, text: &str) -> Result<Which> {
        if let Some(hash) = ContentHash::parse(text) {
            return Ok(Which::Content(hash));
        }
        let id = match text.strip_prefix("mxc://").map(|rest| rest.split_once('/')) {
            None => text,
            Some(Some((server, id))) if server == self.server_name.as_str() => id,
            Some(_) => return Err(Error::InvalidParam("it is not a URI of this server")),
        };
        if media_id::is_valid(id) {
            return Ok(Which::Id(id.to_owned()));
        }
        Err(Error::InvalidParam("it is neither a SHA-256 in hexadecimal nor an mxc URI"))
    }

    /// The content that is meant.
    async fn content_of(&self, which: &Which) -> Result<ContentHash> {
        match which {
            Which::Content(hash) => Ok(*hash),
            Which::Id(id) => self.file(id).await?.hash.ok_or(Error::NotFound),
        }
    }
}
