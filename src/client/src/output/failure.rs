//! What went wrong, and the next step.

use serde::Serialize;

use crate::error::Error;
use crate::output::{Page, plain};

/// An error as it is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// A word for programs.
    pub kind: String,
    /// What went wrong, in words.
    pub message: String,
    /// What to do about it, in words.
    pub next: Option<String>,
}

#[derive(Serialize)]
struct Told<'a> {
    error: &'a Failure,
}

impl Failure {
    /// The line for programs.
    #[must_use]
    pub fn json(&self) -> String {
        serde_json::to_string(&Told { error: self }).unwrap_or_default()
    }

    /// The lines for people. An error may quote what others sent.
    #[must_use]
    pub fn shown(&self, page: &Page) -> String {
        let message = page.wrapped(&plain(&self.message), "");
        match &self.next {
            Some(next) => format!("{} {message}\n{}", page.bad("✗"), page.alert(&page.wrapped(&plain(next), "  "))),
            None => format!("{} {message}", page.bad("✗")),
        }
    }
}

impl From<&Error> for Failure {
    fn from(error: &Error) -> Self {
        Self { kind: error.kind().to_owned(), message: error.to_string(), next: error.next_step() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::page::tests::narrow;

    #[test]
    fn programs_and_people_learn_the_same() {
        let next = Some("Do that.".to_owned());
        let failure = Failure { kind: "bad".to_owned(), message: "It \u{1b}[31mfailed.".to_owned(), next };
        let json: serde_json::Value = serde_json::from_str(&failure.json()).unwrap();
        assert_eq!(json["error"]["kind"], "bad");
        assert_eq!(json["error"]["next"], "Do that.");
        assert_eq!(failure.shown(&narrow()), "✗ It [31mfailed.\n  Do that.");
    }
}
