//! Why the program could not do what it was asked, in words for the operator.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use peerbrain_core::ConfigError;

/// Why the program stopped.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The configuration cannot be used.
    #[error("{0}")]
    Config(#[from] ConfigError),
    /// The database cannot be used.
    #[error("{0}")]
    Store(#[from] store::Error),
    /// A file cannot be read or written.
    #[error("cannot {doing} {}: {source}", .path.display())]
    File {
        /// What was tried: "read", "write", "make the folder".
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// A listener could not be opened.
    #[error("cannot listen on {place}: {source}{}", advice(.place, .source))]
    Listen {
        /// Address or socket.
        place: String,
        /// What the operating system says.
        source: io::Error,
    },
    /// What the operating system refused otherwise.
    #[error("{0}")]
    System(#[from] io::Error),
    /// Whatever can be said in one sentence.
    #[error("{0}")]
    Plain(String),
}

impl Error {
    /// One sentence.
    pub fn plain(text: impl Into<String>) -> Self {
        Self::Plain(text.into())
    }

    /// For `map_err` on what reads and writes files.
    pub fn file(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::File { doing, path: path.to_owned(), source }
    }
}

/// What the operator may do where a place to listen is refused.
fn advice(place: &str, refused: &io::Error) -> &'static str {
    match refused.kind() {
        ErrorKind::AddrInUse => ": another program listens there, perhaps a server that runs already",
        ErrorKind::PermissionDenied if !place.starts_with("unix:") => {
            ": ports below 1024 are root's; docs/peerbrain.service says how others get them"
        }
        ErrorKind::AddrNotAvailable => ": this machine has no such address; without IPv6, all of its own are 0.0.0.0",
        _ => "",
    }
}
