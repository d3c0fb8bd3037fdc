//! Why something could not be done.

use events::push::RuleError;

/// The result of everything in this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why something could not be done. [`Error::status`] and [`Error::code`] say how a client is told; the text is meant
/// for the client, too.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A value makes no sense.
    #[error("{0}")]
    InvalidParam(String),
    /// Something is missing.
    #[error("{0}")]
    MissingParam(String),
    /// There is no such thing.
    #[error("{0}")]
    NotFound(String),
    /// Too much.
    #[error("{0}")]
    TooLarge(String),
    /// What the rooms say.
    #[error(transparent)]
    Rooms(#[from] rooms::Error),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] store::Error),
}

impl Error {
    /// The HTTP status of the answer.
    pub fn status(&self) -> u16 {
        match self {
            Self::NotFound(_) => 404,
            Self::TooLarge(_) => 413,
            Self::Rooms(_) | Self::Store(_) => 500,
            Self::InvalidParam(_) | Self::MissingParam(_) => 400,
        }
    }

    /// The Matrix error code of the answer.
    pub fn code(&self) -> &'static str {
        match self {
            Self::InvalidParam(_) => "M_INVALID_PARAM",
            Self::MissingParam(_) => "M_MISSING_PARAM",
            Self::NotFound(_) => "M_NOT_FOUND",
            Self::TooLarge(_) => "M_TOO_LARGE",
            Self::Rooms(_) | Self::Store(_) => "M_UNKNOWN",
        }
    }
}

impl From<RuleError> for Error {
    fn from(error: RuleError) -> Self {
        let text = error.to_string();
        match error {
            RuleError::NotFound => Self::NotFound(text),
            RuleError::Invalid(_) => Self::InvalidParam(text),
            RuleError::TooMany => Self::TooLarge(text),
        }
    }
}
