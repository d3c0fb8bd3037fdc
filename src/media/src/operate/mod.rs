//! What operators do to files: look at them, put them away, delete them.

mod delete;
mod list;
mod quarantine;

pub use delete::Deleted;
pub use list::File;

use ruma::{OwnedServerName, ServerName};
use store::media::remote;

use crate::{ContentHash, Error, Media, Result, media_id};

/// What is said of something else.
const UNREADABLE: Error = Error::InvalidParam("it is neither a SHA-256 in hexadecimal nor an mxc URI");

/// Which file is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Which {
    /// Every file of this content.
    Content(ContentHash),
    /// The file of this id.
    Id(String),
    /// The file of another server, as far as it is here.
    Remote(OwnedServerName, String),
}

impl Media {
    /// Reads what an operator writes: a SHA-256, an mxc URI, or of one of this server its last part.
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
            Some(Some((server, id))) if media_id::is_valid(id) => {
                let server = ServerName::parse(server).map_err(|_| UNREADABLE)?;
                return Ok(Which::Remote(server, id.to_owned()));
            }
            Some(_) => return Err(UNREADABLE),
        };
        if media_id::is_valid(id) {
            return Ok(Which::Id(id.to_owned()));
        }
        Err(UNREADABLE)
    }

    /// The content that is meant.
    async fn content_of(&self, which: &Which) -> Result<ContentHash> {
        match which {
            Which::Content(hash) => Ok(*hash),
            Which::Id(id) => self.file(id).await?.hash.ok_or(Error::NotFound),
            Which::Remote(server, id) => {
                let (server, id) = (server.to_string(), id.clone());
                let row = self.store.read(move |conn| remote::get(conn, &server, &id)).await?.ok_or(Error::NotFound)?;
                ContentHash::from_bytes(&row.hash).ok_or(Error::Internal("the hash of a content is not one"))
            }
        }
    }
}
