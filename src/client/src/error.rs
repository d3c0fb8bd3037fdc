//! What can go wrong, in words for people, each with the next step.

use matrix_sdk::HttpError;
use matrix_sdk::ruma::api::error::ErrorKind;
use matrix_sdk::ruma::{OwnedUserId, UserId};

/// Result with this crate's error.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What can go wrong for a command.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// What was given makes no sense.
    #[error("{0}")]
    Input(String),
    /// There was a question, and nobody to answer it.
    #[error("{0}")]
    NoAnswer(String),
    /// No account is on this computer, or not that one.
    #[error("{0}")]
    NotLoggedIn(String),
    /// The account is on this computer already.
    #[error("{0} is logged in here already.")]
    LoggedInAlready(String),
    /// The server cannot be reached.
    #[error("{server} cannot be reached: {why}.")]
    Unreachable {
        /// The server's name or address.
        server: String,
        /// In words.
        why: String,
    },
    /// The server refused.
    #[error("The server refuses: {0}")]
    Refused(String),
    /// The login is not valid any more.
    #[error("The server does not know this login any more.")]
    LoggedOut,
    /// This device has no key to the account's secrets.
    #[error("This device is not let in yet: it has not been given your recovery key.")]
    NotLetIn,
    /// The recovery key is wrong.
    #[error("This is not the recovery key of the account.")]
    WrongRecoveryKey,
    /// Nobody of that name, or nothing of theirs.
    #[error("{0}")]
    NotFound(String),
    /// No device of theirs is cross-signed, so none may get a key.
    #[error("No device of {0} is cross-signed, so nobody can know whose devices they are. They get no keys.")]
    NotCrossSigned(OwnedUserId),
    /// Their identity is another one than before.
    #[error("The identity of {0} has changed. Somebody may have taken the account over, or they began anew.")]
    IdentityChanged(OwnedUserId),
    /// Old thoughts cannot be given or taken.
    #[error("{0}")]
    Sharing(String),
    /// Comparing emoji did not come to an end.
    #[error("{0}")]
    Verification(String),
    /// The other process that was to do it has ended, or somebody else holds the account for too long.
    #[error("{0}")]
    Busy(String),
    /// What another process that did the work said.
    #[error("{message}")]
    Remote {
        /// Its kind.
        kind: String,
        /// In words.
        message: String,
        /// The next step.
        next: Option<String>,
    },
    /// A file of this computer.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// The database of the account, on this computer.
    #[error("The account's files cannot be used: {0}")]
    Store(String),
    /// Something else that the library of Matrix says.
    #[error("{0}")]
    Sdk(String),
}

impl Error {
    /// A word for programs.
    #[must_use]
    pub fn kind(&self) -> &str {
        match self {
            Self::Input(_) => "bad_input",
            Self::NoAnswer(_) => "no_answer",
            Self::NotLoggedIn(_) => "not_logged_in",
            Self::LoggedInAlready(_) => "logged_in_already",
            Self::Unreachable { .. } => "unreachable",
            Self::Refused(_) => "refused",
            Self::LoggedOut => "logged_out",
            Self::NotLetIn => "not_let_in",
            Self::WrongRecoveryKey => "wrong_recovery_key",
            Self::NotFound(_) => "not_found",
            Self::NotCrossSigned(_) => "not_cross_signed",
            Self::IdentityChanged(_) => "identity_changed",
            Self::Sharing(_) => "sharing",
            Self::Verification(_) => "verification",
            Self::Busy(_) => "busy",
            Self::Remote { kind, .. } => kind,
            Self::Io(_) => "file",
            Self::Store(_) => "store",
            Self::Sdk(_) => "other",
        }
    }

    /// What to do about it, where there is something.
    #[must_use]
    pub fn next_step(&self) -> Option<String> {
        let step = match self {
            Self::NotLoggedIn(_) => {
                "Log in with `thoughts login @you:server`, or make an account with `thoughts register`."
            }
            Self::LoggedInAlready(_) => "Use it as it is, or `thoughts logout` first.",
            Self::Unreachable { .. } => "Look whether the name is right and the network is up, then do it again.",
            Self::LoggedOut => "Remove it with `thoughts logout`, and log in again with your recovery key.",
            Self::NotLetIn => {
                "Give your recovery key with `thoughts recovery restore`. If it is lost: compare emoji with your other device \
                 (`thoughts verify`), then make a new one (`thoughts recovery setup`). If no other device is left: \
                 `thoughts recovery setup --anew`."
            }
            Self::WrongRecoveryKey => {
                "Look at it again: it begins with Es, spaces do not matter, and only the newest one is good."
            }
            Self::NotCrossSigned(_) => {
                "Ask them to set up cross-signing: with `thoughts recovery setup`, or in the security settings of their app."
            }
            Self::IdentityChanged(user_id) => {
                return Some(format!(
                    "Ask them, not by a message here. If all is well: `thoughts trust {user_id}`, or `thoughts verify {user_id}`."
                ));
            }
            Self::NoAnswer(_) => "Use the option that reads it from standard input.",
            Self::Remote { next, .. } => return next.clone(),
            _ => return None,
        };
        Some(step.to_owned())
    }

    /// Whether the same may succeed later, because a server or the network is down.
    #[must_use]
    pub fn is_outage(&self) -> bool {
        match self {
            Self::Unreachable { .. } => true,
            Self::Remote { kind, .. } => kind == "unreachable",
            _ => false,
        }
    }

    /// Somebody who cannot be found.
    #[must_use]
    pub fn nobody(user_id: &UserId) -> Self {
        Self::NotFound(format!("Nobody is called {user_id}, or their server does not tell."))
    }
}

impl From<HttpError> for Error {
    fn from(error: HttpError) -> Self {
        match &error {
            HttpError::Reqwest(broken) => unreachable(broken),
            HttpError::Api(refusal) => refused(refusal, &error),
            _ => Self::Sdk(error.to_string()),
        }
    }
}

fn unreachable(error: &matrix_sdk::reqwest::Error) -> Error {
    let server = error.url().and_then(|url| url.host_str()).unwrap_or("The server").to_owned();
    let why = if error.is_timeout() {
        "it did not answer in time"
    } else if error.is_connect() {
        "no connection"
    } else {
        "the connection broke"
    };
    Error::Unreachable { server, why: why.to_owned() }
}

fn refused(refusal: &impl std::fmt::Display, error: &HttpError) -> Error {
    let status = error.as_client_api_error().map(|answer| answer.status_code.as_u16());
    match error.client_api_error_kind() {
        Some(ErrorKind::UnknownToken(_) | ErrorKind::MissingToken) => Error::LoggedOut,
        // Behind a proxy a server that is down is one that answers so.
        _ if matches!(status, Some(502..=504)) => {
            Error::Unreachable { server: "The server".to_owned(), why: refusal.to_string() }
        }
        _ => Error::Refused(words(error)),
    }
}

/// What a server said with its refusal, without what is around it.
fn words(error: &HttpError) -> String {
    let told = error.as_client_api_error().and_then(|answer| match &answer.body {
        matrix_sdk::ruma::api::error::ErrorBody::Standard(body) => Some(body.message.clone()),
        _ => None,
    });
    told.filter(|text| !text.is_empty()).unwrap_or_else(|| error.to_string())
}

impl From<matrix_sdk::Error> for Error {
    fn from(error: matrix_sdk::Error) -> Self {
        match error {
            matrix_sdk::Error::Http(error) => (*error).into(),
            matrix_sdk::Error::Io(error) => Self::Io(error),
            matrix_sdk::Error::StateStore(_) | matrix_sdk::Error::CryptoStoreError(_) => Self::Store(error.to_string()),
            other => Self::Sdk(other.to_string()),
        }
    }
}

impl From<matrix_sdk::encryption::CryptoStoreError> for Error {
    fn from(error: matrix_sdk::encryption::CryptoStoreError) -> Self {
        Self::Store(error.to_string())
    }
}

impl From<matrix_sdk::StoreError> for Error {
    fn from(error: matrix_sdk::StoreError) -> Self {
        Self::Store(error.to_string())
    }
}

impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Self {
        Self::Sdk(format!("JSON that cannot be read: {error}"))
    }
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.to_string())
    }
}

impl From<matrix_sdk::ruma::IdParseError> for Error {
    fn from(error: matrix_sdk::ruma::IdParseError) -> Self {
        Self::Input(format!("This is no Matrix id: {error}."))
    }
}
