//! Why something with another server did not work.

use ruma::OwnedServerName;

/// The result of everything in this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why something with another server did not work. The text is meant for who asked, a client or another server.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// 403 `M_FORBIDDEN`: the configuration has nothing to do with that server, or federation is off.
    #[error("this server does not federate with {0}")]
    NotAllowed(OwnedServerName),
    /// 502 `M_UNKNOWN`: the other server could not be found or reached, or did not answer in time.
    #[error("{server} could not be reached: {reason}")]
    Unreachable {
        /// The other server.
        server: OwnedServerName,
        /// What went wrong, in words for an operator.
        reason: String,
    },
    /// The other server answered with an error of its own.
    #[error("{server} answered {status}: {message}")]
    Remote {
        /// The other server.
        server: OwnedServerName,
        /// The HTTP status.
        status: u16,
        /// The Matrix error code, if there was one.
        errcode: Option<String>,
        /// The text that came with it.
        message: String,
        /// The whole body, for what an error code brings along; null if it was no JSON.
        body: serde_json::Value,
    },
    /// 502 `M_UNKNOWN`: the other server's answer is too large or makes no sense.
    #[error("{server} gave an answer that cannot be used: {reason}")]
    BadAnswer {
        /// The other server.
        server: OwnedServerName,
        /// What is wrong with it.
        reason: String,
    },
    /// 401 `M_UNAUTHORIZED`: a request of another server is not signed as it must be.
    #[error("{0}")]
    Unauthorized(String),
    /// 403 `M_FORBIDDEN`.
    #[error("{0}")]
    Forbidden(String),
    /// 404 `M_NOT_FOUND`.
    #[error("{0}")]
    NotFound(String),
    /// 400 `M_INVALID_PARAM`.
    #[error("{0}")]
    InvalidParam(String),
    /// 400 `M_BAD_JSON`.
    #[error("{0}")]
    BadJson(String),
    /// 429 `M_LIMIT_EXCEEDED`, with the time to wait in milliseconds.
    #[error("too many requests")]
    LimitExceeded(u64),
    /// See [`media::Error`].
    #[error(transparent)]
    Media(#[from] media::Error),
    /// See [`rooms::Error`].
    #[error(transparent)]
    Rooms(#[from] rooms::Error),
    /// See [`events::Error`].
    #[error(transparent)]
    Events(#[from] events::Error),
    /// See [`accounts::Error`].
    #[error(transparent)]
    Accounts(#[from] accounts::Error),
    /// See [`e2ee::Error`].
    #[error(transparent)]
    E2ee(#[from] e2ee::Error),
    /// See [`store::Error`].
    #[error(transparent)]
    Store(#[from] store::Error),
    /// 500 `M_UNKNOWN`: what should not happen.
    #[error("{0}")]
    Internal(String),
}

impl Error {
    /// Whether it says nothing about what was asked for, so that the same server may well give it the next time.
    pub(crate) fn says_nothing(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::BadAnswer { .. } => true,
            Self::Remote { status, .. } => *status >= 500 || matches!(*status, 401 | 429),
            _ => false,
        }
    }

    /// Whether the fault is this server's own, and not the other one's.
    pub(crate) fn is_ours(&self) -> bool {
        match self {
            Self::Internal(_) | Self::Store(_) => true,
            Self::Rooms(error) => error.may_pass() || matches!(error, rooms::Error::Internal(_)),
            _ => false,
        }
    }
}
