//! Why an account could not do what it was asked.

use std::{borrow::Cow, time::Duration};

use crate::UiaChallenge;

/// The result of everything in this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why an account could not do what it was asked. [`Error::status`] and [`Error::code`] say how a client is told;
/// the text is meant for the client, too.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The token is not known (any more), or has expired.
    #[error("the token is not known or has expired")]
    UnknownToken {
        /// The client may log in again and keep what it has (client-server §soft-logout).
        soft_logout: bool,
    },
    /// The account is locked; the answer carries `soft_logout: true` (client-server §account-locking).
    #[error("this account has been locked")]
    Locked,
    /// The account is suspended (client-server §account-suspension).
    #[error("you cannot perform this action while suspended")]
    Suspended,
    /// The account is closed for ever.
    #[error("this account has been deactivated")]
    Deactivated,
    /// Not allowed.
    #[error("{0}")]
    Forbidden(Cow<'static, str>),
    /// Not for guests, or there are none here.
    #[error("this is not for guests")]
    GuestsForbidden,
    /// The name is taken.
    #[error("this user name is taken")]
    UserInUse,
    /// The name is not one that a new user may have.
    #[error("{0}")]
    InvalidUsername(Cow<'static, str>),
    /// The password is too easy to guess.
    #[error("{0}")]
    WeakPassword(Cow<'static, str>),
    /// Too often, or too many at once.
    #[error("too many requests")]
    LimitExceeded {
        /// When to try again.
        retry_after: Duration,
    },
    /// A parameter has a value that makes no sense.
    #[error("{0}")]
    InvalidParam(Cow<'static, str>),
    /// A parameter is missing.
    #[error("{0}")]
    MissingParam(Cow<'static, str>),
    /// The JSON is not of the form that is asked for.
    #[error("{0}")]
    BadJson(Cow<'static, str>),
    /// Too many bytes, or too many things.
    #[error("{0}")]
    TooLarge(Cow<'static, str>),
    /// The profile would be larger than 64 KiB (MSC4133).
    #[error("the profile would be too large")]
    ProfileTooLarge,
    /// The name of the profile field is longer than 255 bytes (MSC4133).
    #[error("the name of the profile field is too long")]
    KeyTooLarge,
    /// There is no such thing.
    #[error("{0}")]
    NotFound(Cow<'static, str>),
    /// Only the server changes account data of this type.
    #[error("account data of this type cannot be set through this endpoint")]
    ServerControlled,
    /// Any other mistake of the client.
    #[error("{0}")]
    Unknown(Cow<'static, str>),
    /// More authentication is needed: the challenge is the body of the answer.
    #[error("user-interactive authentication is needed")]
    Uia(Box<UiaChallenge>),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// A fault of ours; the text says what failed.
    #[error("internal error: {0}")]
    Internal(&'static str),
}

impl Error {
    /// The HTTP status of the answer.
    pub fn status(&self) -> u16 {
        match self {
            Self::UnknownToken { .. } | Self::Locked | Self::Uia(_) => 401,
            Self::Suspended | Self::Deactivated | Self::Forbidden(_) | Self::GuestsForbidden => 403,
            Self::NotFound(_) => 404,
            Self::ServerControlled => 405,
            Self::TooLarge(_) => 413,
            Self::LimitExceeded { .. } => 429,
            Self::Store(_) | Self::Internal(_) => 500,
            _ => 400,
        }
    }

    /// The Matrix error code of the answer.
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownToken { .. } => "M_UNKNOWN_TOKEN",
            Self::Locked => "M_USER_LOCKED",
            Self::Suspended => "M_USER_SUSPENDED",
            Self::Deactivated => "M_USER_DEACTIVATED",
            Self::Forbidden(_) | Self::Uia(_) => "M_FORBIDDEN",
            Self::GuestsForbidden => "M_GUEST_ACCESS_FORBIDDEN",
            Self::UserInUse => "M_USER_IN_USE",
            Self::InvalidUsername(_) => "M_INVALID_USERNAME",
            Self::WeakPassword(_) => "M_WEAK_PASSWORD",
            Self::LimitExceeded { .. } => "M_LIMIT_EXCEEDED",
            Self::InvalidParam(_) => "M_INVALID_PARAM",
            Self::MissingParam(_) => "M_MISSING_PARAM",
            Self::BadJson(_) | Self::ServerControlled => "M_BAD_JSON",
            Self::TooLarge(_) => "M_TOO_LARGE",
            Self::ProfileTooLarge => "M_PROFILE_TOO_LARGE",
            Self::KeyTooLarge => "M_KEY_TOO_LARGE",
            Self::NotFound(_) => "M_NOT_FOUND",
            Self::Unknown(_) | Self::Store(_) | Self::Internal(_) => "M_UNKNOWN",
        }
    }

    pub(crate) fn forbidden(text: &'static str) -> Self {
        Self::Forbidden(Cow::Borrowed(text))
    }

    pub(crate) fn invalid_param(text: &'static str) -> Self {
        Self::InvalidParam(Cow::Borrowed(text))
    }

    pub(crate) fn bad_json(text: &'static str) -> Self {
        Self::BadJson(Cow::Borrowed(text))
    }

    pub(crate) fn too_large(text: &'static str) -> Self {
        Self::TooLarge(Cow::Borrowed(text))
    }

    pub(crate) fn not_found(text: &'static str) -> Self {
        Self::NotFound(Cow::Borrowed(text))
    }
}
