//! What is wrong with a configuration, in words for the operator.

use std::path::PathBuf;

/// Why a configuration was not accepted.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the configuration file {}: {source}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        source: std::io::Error,
    },
    /// The file is not TOML.
    #[error("{origin} is not valid TOML: {reason}")]
    Syntax {
        /// The file or the variable.
        origin: String,
        /// What and where.
        reason: String,
    },
    /// A key that does not exist.
    #[error("{origin}: there is no setting `{key}`. {hint}")]
    Unknown {
        /// The file or the variable.
        origin: String,
        /// The key as it was written.
        key: String,
        /// The nearest key that exists.
        hint: String,
    },
    /// A value of the wrong type, or one that is not among those allowed.
    #[error("{0}")]
    Type(String),
    /// A value that does not make sense.
    #[error("`{key}` is {value}, but must be {allowed}")]
    Value {
        /// The key.
        key: &'static str,
        /// What it is.
        value: String,
        /// What it may be.
        allowed: &'static str,
    },
}
