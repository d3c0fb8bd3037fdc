//! Which file is meant, of this server or of another.

use ruma::{OwnedServerName, ServerName};
use store::{
    Conn,
    media::{Content, remote, uploads},
};

use crate::media_id;

/// Which file is meant.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Address {
    /// The file of this server with this id.
    Own(String),
    /// The file of another server with this id.
    Remote(OwnedServerName, String),
}

/// What is known of a file.
pub(crate) struct Known {
    pub content_type: String,
    pub file_name: Option<String>,
    /// Whether it can be had without a token.
    pub is_open: bool,
    /// Until when the content may come; none where it has come.
    pub expires_at: Option<i64>,
    pub content: Option<Content>,
}

impl Address {
    pub fn own(media_id: &str) -> Self {
        Self::Own(media_id.to_owned())
    }

    pub fn remote(server: &ServerName, media_id: &str) -> Self {
        Self::Remote(server.to_owned(), media_id.to_owned())
    }

    /// Whether there can be such a file at all.
    pub fn is_valid(&self) -> bool {
        let (Self::Own(id) | Self::Remote(_, id)) = self;
        media_id::is_valid(id)
    }

    /// What is known of it.
    pub fn look_up(&self, conn: &mut Conn) -> store::Result<Option<Known>> {
        Ok(match self {
            Self::Own(id) => uploads::with_content(conn, id)?.map(|(row, content)| Known {
                content_type: row.content_type,
                file_name: row.file_name,
                is_open: row.is_open,
                expires_at: row.expires_at,
                content,
            }),
            Self::Remote(server, id) => remote::with_content(conn, server.as_str(), id)?.map(|(row, content)| Known {
                content_type: row.content_type,
                file_name: row.file_name,
                is_open: row.is_open,
                expires_at: None,
                content,
            }),
        })
    }
}
