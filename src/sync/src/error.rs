//! Why a sync cannot be answered.

/// The result of everything in this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a sync cannot be answered. The text is meant for the client.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// 400 `M_INVALID_PARAM`: the token, or the filter.
    #[error("{0}")]
    InvalidParam(String),
    /// What the account says: an unknown filter, a token that was revoked while its sync waited.
    #[error(transparent)]
    Accounts(#[from] std::sync::Arc<accounts::Error>),
    /// What the rooms say.
    #[error(transparent)]
    Rooms(#[from] std::sync::Arc<rooms::Error>),
    /// 503: the database cannot be reached; 500 for what should not happen.
    #[error(transparent)]
    Store(#[from] std::sync::Arc<store::Error>),
    /// What is in memory does not suffice for an answer. Nobody outside sees it.
    #[error("this needs the database")]
    NotInMemory,
    /// What is stored does not hold together.
    #[error("{0}")]
    Internal(String),
}

// Several requests may share one computation, and so its failure.
impl From<accounts::Error> for Error {
    fn from(error: accounts::Error) -> Self {
        Self::Accounts(std::sync::Arc::new(error))
    }
}

impl From<rooms::Error> for Error {
    fn from(error: rooms::Error) -> Self {
        Self::Rooms(std::sync::Arc::new(error))
    }
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        Self::Store(std::sync::Arc::new(error))
    }
}

impl From<e2ee::Error> for Error {
    fn from(error: e2ee::Error) -> Self {
        match error {
            e2ee::Error::Store(error) => error.into(),
            e2ee::Error::Rooms(error) => error.into(),
            other => Self::Internal(other.to_string()),
        }
    }
}

impl From<::events::Error> for Error {
    fn from(error: ::events::Error) -> Self {
        Self::Internal(error.to_string())
    }
}
