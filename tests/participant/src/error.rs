//! What can go wrong.

use serde_json::Value;

/// Result with this crate's error.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What can go wrong for a participant.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The server could not be reached, or its answer not be read.
    #[error("no answer: {0}")]
    Connection(#[from] reqwest::Error),
    /// The server refused.
    #[error("{method} {path}: {status} {answer}")]
    Refused {
        /// Of the request.
        method: String,
        /// Of the request, without the server.
        path: String,
        /// Of the answer.
        status: u16,
        /// The Matrix error.
        answer: Value,
    },
    /// Something is not as the specification says.
    #[error("{0}")]
    Wrong(String),
    /// JSON that cannot be read.
    #[error("bad JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// Standard input or output broke.
    #[error("{0}")]
    Io(#[from] std::io::Error),
}

impl Error {
    /// Something is not as the specification says.
    pub fn wrong(what: impl std::fmt::Display) -> Self {
        Self::Wrong(what.to_string())
    }
}

/// Turns what a library says into ours.
pub fn wrong(what: impl std::fmt::Display) -> Error {
    Error::wrong(what)
}
