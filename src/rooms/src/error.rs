//! Why a room could not be changed or read.

use ruma::{OwnedServerName, RoomVersionId};

/// The result of everything in this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a room could not be changed or read. The text is meant for the client.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// 404 `M_NOT_FOUND`.
    #[error("{0}")]
    NotFound(String),
    /// 403 `M_FORBIDDEN`.
    #[error("{0}")]
    Forbidden(String),
    /// 400 `M_EXCLUSIVE`: an alias that belongs to another user.
    #[error("this alias is kept for the user {0}")]
    AliasReserved(String),
    /// 400 `M_INVALID_PARAM`.
    #[error("{0}")]
    InvalidParam(String),
    /// 400 `M_BAD_JSON`.
    #[error("{0}")]
    BadJson(String),
    /// 400 `M_MISSING_PARAM`.
    #[error("{0}")]
    MissingParam(String),
    /// 413 `M_TOO_LARGE`.
    #[error("{0}")]
    TooLarge(String),
    /// 400 `M_UNSUPPORTED_ROOM_VERSION`.
    #[error("room version {0} is not supported here")]
    UnsupportedRoomVersion(String),
    /// 400 `M_INCOMPATIBLE_ROOM_VERSION`.
    #[error("the room is of version {0}")]
    IncompatibleRoomVersion(RoomVersionId),
    /// 400 `M_UNABLE_TO_AUTHORISE_JOIN`: none of the rooms that open this one is here, so nobody here can say who is in
    /// them.
    #[error("this server is in none of the rooms whose members may join this one")]
    UnableToAuthoriseJoin,
    /// 400 `M_UNABLE_TO_GRANT_JOIN`: the user may join, but nobody here may let them in.
    #[error("nobody on this server may let you into this room")]
    UnableToGrantJoin,
    /// 502 `M_UNKNOWN`: another server's template is not what was asked for, and was not signed.
    #[error("the other server's template cannot be used: {0}")]
    BadTemplate(String),
    /// 400 `M_INVALID_ROOM_STATE`.
    #[error("{0}")]
    InvalidRoomState(String),
    /// 400 `M_ROOM_IN_USE` (createRoom) or 409 `M_UNKNOWN` (directory).
    #[error("the alias is already in use")]
    AliasInUse,
    /// 400 `M_BAD_ALIAS`.
    #[error("{0}")]
    BadAlias(String),
    /// 400 `M_BAD_STATE`.
    #[error("{0}")]
    BadState(String),
    /// 400 `M_UNKNOWN`.
    #[error("{0}")]
    Unknown(String),
    /// 403 `M_INVITE_BLOCKED` (spec v1.18, MSC4380).
    #[error("the user does not take invites")]
    InviteBlocked,
    /// 400 `M_DUPLICATE_ANNOTATION`.
    #[error("the same reaction is already there")]
    DuplicateAnnotation,
    /// What the room's policy server says instead of signing an event, or why it could not be asked.
    #[error("{message}")]
    NotRecommended {
        /// The HTTP status for the client.
        status: u16,
        /// The Matrix error code.
        errcode: String,
        /// The text that came with it.
        message: String,
    },
    /// The room's policy server must be asked about an event first. It never leaves this crate.
    #[error("the room's policy server was not asked")]
    Unasked(Box<crate::policy::Unasked>),
    /// The same, before it is known which event that is about.
    #[error("the room's policy server was not asked")]
    Unrecommended(Box<crate::policy::PolicyServer>),
    /// The same about one of these of our users'. It never leaves this crate.
    #[error("the room's policy server was not asked")]
    Unproposed(Vec<crate::lane::Proposal>, Box<crate::policy::Unasked>),
    /// 429 `M_LIMIT_EXCEEDED`: too much waits for the room.
    #[error("too much waits for this room")]
    Busy,
    /// 429 `M_LIMIT_EXCEEDED`: what the events of this server ask of state resolution is more than its share.
    #[error("events of {0} cost too much for now")]
    Costly(OwnedServerName),
    /// 403 `M_FORBIDDEN`: states that are too different to say what they come to together.
    #[error("the event stands too far from what is here")]
    TooFarApart,
    /// 503: the database failed under a write that several shared.
    #[error("{0}")]
    Unavailable(String),
    /// 503: the database cannot be reached or written; 500 for what should not happen.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// An event that we built ourselves, or that is stored, does not hold together.
    #[error("{0}")]
    Internal(String),
}

impl Error {
    /// [`Error::NotRecommended`].
    pub fn not_recommended(status: u16, errcode: &str, message: &str) -> Self {
        Self::NotRecommended { status, errcode: errcode.to_owned(), message: message.to_owned() }
    }

    /// Whether the cause lies in the server and passes: the same again may succeed.
    pub fn may_pass(&self) -> bool {
        matches!(self, Self::Store(_) | Self::Unavailable(_) | Self::Busy | Self::Costly(_))
    }
}

impl From<accounts::Error> for Error {
    fn from(error: accounts::Error) -> Self {
        match error {
            accounts::Error::Store(error) => Self::Store(error),
            other => Self::Internal(other.to_string()),
        }
    }
}

impl From<events::Error> for Error {
    fn from(error: events::Error) -> Self {
        let text = error.to_string();
        match error {
            events::Error::TooLarge(_) => Self::TooLarge(text),
            events::Error::NotJson(_) | events::Error::BadJson(_) => Self::BadJson(text),
            events::Error::Format(_) => Self::InvalidParam(text),
            events::Error::Forbidden(_) => Self::Forbidden(text),
            events::Error::Signature(_) => Self::Forbidden(text),
            events::Error::Resolution(_) | events::Error::Key(_) => Self::Internal(text),
        }
    }
}
