//! Why a test failed, with the line of the test that noticed.

use std::fmt;
use std::panic::Location;

/// What a test gives back: nothing, or the reason it failed.
pub type Outcome = Result<(), Failure>;

/// The reason a test failed and the source line that found it.
#[derive(Debug)]
pub struct Failure {
    message: String,
    at: &'static Location<'static>,
}

impl Failure {
    /// A failure with a message, placed where this is called. Of a long message the beginning is kept.
    #[track_caller]
    pub fn new(message: impl Into<String>) -> Self {
        let message = message.into().chars().take(800).collect();
        Failure { message, at: Location::caller() }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}:{})", self.message, self.at.file(), self.at.line())
    }
}

impl std::error::Error for Failure {}

impl From<reqwest::Error> for Failure {
    #[track_caller]
    fn from(error: reqwest::Error) -> Self {
        let mut message = format!("HTTP: {error}");
        let mut source = std::error::Error::source(&error);
        while let Some(inner) = source {
            message.push_str(&format!(": {inner}"));
            source = inner.source();
        }
        Failure::new(message)
    }
}
