//! Why a file could not be fetched, as all who wait for it are told.

use std::{sync::Arc, time::Duration};

use ruma::OwnedServerName;

use crate::Error;

/// How long is remembered what will not change soon.
const LONG: Duration = Duration::from_secs(60);
/// How long is remembered that a server did not answer.
const SHORT: Duration = Duration::from_secs(15);

/// Why a file could not be fetched.
#[derive(Clone, Debug)]
pub(super) enum Failure {
    /// The other server has it not, or does not give it to us.
    NotFound,
    /// It has not been uploaded yet.
    NotYetUploaded,
    /// It is larger than we fetch.
    TooLarge,
    /// Too much is being fetched.
    Busy,
    /// The other server cannot be reached.
    Unreachable(Arc<str>),
    /// It answers what makes no sense.
    BadAnswer(Arc<str>),
    /// It is a fault of ours.
    Ours(Arc<str>),
}

impl Failure {
    /// What an error means for who wants the file.
    pub fn of(error: &Error) -> Self {
        let text = || Arc::from(error.to_string());
        match error {
            Error::Remote { status: 504, errcode: Some(code), .. } if code == "M_NOT_YET_UPLOADED" => {
                Self::NotYetUploaded
            }
            Error::Remote { status: 401 | 403 | 404, .. } => Self::NotFound,
            Error::Remote { errcode: Some(code), .. } if code == "M_TOO_LARGE" => Self::TooLarge,
            Error::Remote { status: 429, .. } => Self::Busy,
            Error::Remote { status: 500.., .. } => Self::Unreachable(text()),
            Error::Unreachable { reason, .. } => Self::Unreachable(reason.as_str().into()),
            Error::BadAnswer { reason, .. } => Self::BadAnswer(reason.as_str().into()),
            Error::Remote { .. } => Self::BadAnswer(text()),
            Error::NotAllowed(_) | Error::InvalidParam(_) | Error::Media(media::Error::NotFound) => Self::NotFound,
            Error::Media(media::Error::TooLarge(_)) => Self::TooLarge,
            _ => Self::Ours(text()),
        }
    }

    /// How long it is remembered.
    pub fn lasts(&self) -> Option<Duration> {
        match self {
            Self::NotFound | Self::TooLarge | Self::BadAnswer(_) => Some(LONG),
            Self::Unreachable(_) => Some(SHORT),
            Self::NotYetUploaded | Self::Busy | Self::Ours(_) => None,
        }
    }

    /// The error for who wants a file of this server.
    pub fn error(self, server: OwnedServerName) -> Error {
        match self {
            Self::NotFound => media::Error::NotFound.into(),
            Self::NotYetUploaded => media::Error::NotYetUploaded.into(),
            Self::TooLarge => media::Error::TooLarge("the file is larger than this server fetches").into(),
            Self::Busy => Error::LimitExceeded(5_000),
            Self::Unreachable(reason) => Error::Unreachable { server, reason: reason.to_string() },
            Self::BadAnswer(reason) => Error::BadAnswer { server, reason: reason.to_string() },
            Self::Ours(text) => Error::Internal(text.to_string()),
        }
    }
}
