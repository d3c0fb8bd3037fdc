//! The log.

use crate::config::describe::{settings, words};

settings! {
    /// What is logged, to standard error.
    pub struct Log {
        /// "error", "warn", "info", "debug" or "trace"; or by part, such as "info,peerbrain_rooms=debug".
        level: String = "info".to_owned(),
        /// "text" for people, "json" for programs.
        format: LogFormat = LogFormat::Text,
    }
}

words! {
    /// The form of log lines.
    pub enum LogFormat {
        /// Lines for people.
        Text = "text",
        /// One JSON object per line.
        Json = "json",
    }
}
