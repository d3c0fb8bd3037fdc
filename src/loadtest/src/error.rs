//! What can go wrong.

use std::path::PathBuf;

/// The result of most functions here.
pub type Result<T> = std::result::Result<T, Error>;

/// An error of the generator, or of the server under test.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// `--url` is not something this program can speak to.
    #[error("{0}: only http://HOST:PORT can be measured")]
    Url(String),
    /// No row has a name that `--rows` asks for.
    #[error("no row is named like {0:?}; there are: {1}")]
    Rows(String, String),
    /// An option that is needed to measure is missing.
    #[error("{0} is needed")]
    Missing(&'static str),
    /// The connection failed, or broke in the middle.
    #[error("HTTP: {0}")]
    Connection(#[from] hyper::Error),
    /// A request could not be built from what the server or the command line gave.
    #[error("request: {0}")]
    Request(#[from] http::Error),
    /// The server took longer than [`crate::connection::PATIENCE`].
    #[error("no answer within {} s", crate::connection::PATIENCE.as_secs())]
    Patience,
    /// The server answered with something else than success.
    #[error("{status}: {body}")]
    Status {
        /// The HTTP status.
        status: http::StatusCode,
        /// The start of the body.
        body: String,
    },
    /// The server does not know the endpoint.
    #[error("not served (404 M_UNRECOGNIZED)")]
    NotServed,
    /// An answer or a report is not the JSON it should be.
    #[error("JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// An answer lacks a field that the specification demands.
    #[error("the answer to {0} lacks {1}")]
    Lacks(&'static str, &'static str),
    /// Accounts are not on the server that `--server-name` names.
    #[error("the server's user ids look like {0}; is --server-name right?")]
    ServerName(String),
    /// Requests failed, so the figures say nothing.
    #[error("{0}a row with errors, or without a single success, measures nothing")]
    Failed(String),
    /// A process to be measured cannot be looked at.
    #[error("process {0}: {1}")]
    Process(u32, std::io::Error),
    /// A file cannot be read or written.
    #[error("{0}: {1}")]
    File(PathBuf, std::io::Error),
    /// A histogram cannot be made.
    #[error("histogram: {0}")]
    Histogram(#[from] hdrhistogram::errors::CreationError),
    /// The servers that are played here cannot begin, or cannot do their part.
    #[error("as another server: {0}")]
    Peer(#[from] peerbrain_peer::failure::Failure),
    /// A key that was made here cannot be used.
    #[error("a signing key was refused")]
    Key,
    /// Anything else of the operating system.
    #[error("{0}")]
    System(#[from] std::io::Error),
}
