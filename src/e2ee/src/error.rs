//! Why something could not be done.

use std::borrow::Cow;

/// The result of everything in this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A text for the client.
pub type Text = Cow<'static, str>;

/// Why something could not be done. [`Error::status`] and [`Error::code`] say how a client is told; the text is meant
/// for the client, too.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The JSON is not of the form that is asked for.
    #[error("{0}")]
    BadJson(Text),
    /// A value makes no sense: keys of another device, names that are none.
    #[error("{0}")]
    InvalidParam(Text),
    /// Something is missing without which the rest means nothing.
    #[error("{0}")]
    MissingParam(Text),
    /// A signature is missing or wrong.
    #[error("{0}")]
    InvalidSignature(Text),
    /// Not allowed.
    #[error("{0}")]
    Forbidden(Text),
    /// There is no such thing.
    #[error("{0}")]
    NotFound(Text),
    /// Keys go into the newest version of a backup, which is this one.
    #[error("the newest version of the backup is {0}")]
    WrongBackupVersion(String),
    /// Too many bytes, or too many things.
    #[error("{0}")]
    TooLarge(Text),
    /// The device that asks has been deleted meanwhile.
    #[error("this device has been logged out")]
    DeviceGone,
    /// Any other mistake of the client.
    #[error("{0}")]
    Unknown(Text),
    /// What the rooms say.
    #[error(transparent)]
    Rooms(#[from] rooms::Error),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// What is stored does not hold together.
    #[error("{0}")]
    Internal(String),
}

impl Error {
    /// The HTTP status of the answer.
    pub fn status(&self) -> u16 {
        match self {
            Self::DeviceGone => 401,
            Self::Forbidden(_) | Self::WrongBackupVersion(_) => 403,
            Self::NotFound(_) => 404,
            Self::TooLarge(_) => 413,
            Self::Rooms(_) | Self::Store(_) | Self::Internal(_) => 500,
            _ => 400,
        }
    }

    /// The Matrix error code of the answer.
    pub fn code(&self) -> &'static str {
        match self {
            Self::BadJson(_) => "M_BAD_JSON",
            Self::InvalidParam(_) => "M_INVALID_PARAM",
            Self::MissingParam(_) => "M_MISSING_PARAM",
            Self::InvalidSignature(_) => "M_INVALID_SIGNATURE",
            Self::Forbidden(_) => "M_FORBIDDEN",
            Self::WrongBackupVersion(_) => "M_WRONG_ROOM_KEYS_VERSION",
            Self::NotFound(_) => "M_NOT_FOUND",
            Self::TooLarge(_) => "M_TOO_LARGE",
            Self::DeviceGone => "M_UNKNOWN_TOKEN",
            Self::Unknown(_) | Self::Rooms(_) | Self::Store(_) | Self::Internal(_) => "M_UNKNOWN",
        }
    }

    pub(crate) fn bad_json(text: impl Into<Text>) -> Self {
        Self::BadJson(text.into())
    }

    pub(crate) fn invalid_param(text: impl Into<Text>) -> Self {
        Self::InvalidParam(text.into())
    }

    pub(crate) fn invalid_signature(text: impl Into<Text>) -> Self {
        Self::InvalidSignature(text.into())
    }

    pub(crate) fn too_large(text: impl Into<Text>) -> Self {
        Self::TooLarge(text.into())
    }

    pub(crate) fn not_found(text: impl Into<Text>) -> Self {
        Self::NotFound(text.into())
    }

    /// What is stored was checked before; where it does not read, the database is damaged.
    pub(crate) fn stored(error: impl std::fmt::Display) -> Self {
        Self::Internal(format!("a stored key cannot be read: {error}"))
    }
}
