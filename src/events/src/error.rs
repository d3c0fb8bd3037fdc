//! What can be wrong with an event.

/// Why an event, its content or a key was not accepted. Each variant maps to one Matrix error code.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The event or one of its identifiers is over the size limits (`M_TOO_LARGE`, HTTP 413).
    #[error("{0}")]
    TooLarge(String),
    /// The text is not JSON at all (`M_NOT_JSON`).
    #[error("not valid JSON: {0}")]
    NotJson(String),
    /// JSON that events cannot hold: floats, integers beyond ±(2^53-1), nesting too deep, a field of the wrong type
    /// (`M_BAD_JSON`).
    #[error("{0}")]
    BadJson(String),
    /// A field of a federated event is missing or malformed: the event must be dropped (`M_INVALID_PARAM`).
    #[error("malformed event: {0}")]
    Format(String),
    /// A signature is missing, unknown or wrong: the event must be dropped (`M_FORBIDDEN`).
    #[error("bad signature: {0}")]
    Signature(String),
    /// The authorization rules do not allow the event (`M_FORBIDDEN`). The text names the rule.
    #[error("{0}")]
    Forbidden(String),
    /// State resolution could not be done, because an event it needs is missing or malformed.
    #[error("state resolution failed: {0}")]
    Resolution(String),
    /// The text of a signing key file is not usable.
    #[error("signing key: {0}")]
    Key(String),
}

/// The result of the functions of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl From<ruma::signatures::JsonError> for Error {
    fn from(error: ruma::signatures::JsonError) -> Self {
        match error {
            ruma::signatures::JsonError::PduTooLarge => Self::TooLarge("event is too large".to_owned()),
            other => Self::Format(other.to_string()),
        }
    }
}
