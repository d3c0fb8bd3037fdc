//! Why something could not be done with a file.

use std::{borrow::Cow, io, time::Duration};

/// The result of everything in this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why something could not be done with a file. The text is meant for the client.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such file, or nobody gets it.
    #[error("there is no such media")]
    NotFound,
    /// The address was made, but nothing has been uploaded there yet.
    #[error("the content has not been uploaded yet")]
    NotYetUploaded,
    /// Something has been uploaded there already.
    #[error("media is already there, and can never be changed")]
    CannotOverwrite,
    /// Not allowed.
    #[error("{0}")]
    Forbidden(Cow<'static, str>),
    /// Too many bytes, or too many pixels.
    #[error("{0}")]
    TooLarge(&'static str),
    /// Too often, or too many at once.
    #[error("too many requests")]
    LimitExceeded {
        /// When to try again.
        retry_after: Duration,
    },
    /// A parameter has a value that makes no sense.
    #[error("{0}")]
    InvalidParam(&'static str),
    /// No thumbnail can be made of this content.
    #[error("no thumbnail can be made of this content")]
    NoThumbnail,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The storage failed: the disk is full, say.
    #[error("the storage of media failed: {0}")]
    Storage(#[from] io::Error),
    /// A fault of ours; the text says what failed.
    #[error("internal error: {0}")]
    Internal(&'static str),
}
