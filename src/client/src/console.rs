//! Where a command says what it does: a terminal, a program that reads JSON, or another process that asked for it.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::report::Report;

/// Whoever started a command, and sees what comes of it.
#[async_trait]
pub trait Console: Send {
    /// A result. Goes to standard output.
    fn report(&mut self, report: Report);

    /// Something worth knowing that is no result. Goes to standard error.
    fn notice(&mut self, text: &str);

    /// How far long work is: `done` of `total` (0 where nobody knows how much there is). Finished once they are equal.
    fn progress(&mut self, what: &str, done: u64, total: u64);

    /// Asks, and gives the answer without its end of line.
    ///
    /// # Errors
    /// Where nobody is there to answer.
    async fn ask(&mut self, question: Question) -> Result<String>;

    /// Whether pictures can be shown, so that they are worth fetching.
    fn shows_pictures(&self) -> bool {
        false
    }

    /// Whether somebody still listens. A command without an end stops when nobody does.
    fn is_open(&self) -> bool {
        true
    }
}

/// Something only the user can answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// What is asked, in a sentence that ends with a question mark or a colon.
    pub text: String,
    /// Whether the answer is not shown while it is typed.
    #[serde(default)]
    pub secret: bool,
    /// The answers that are understood; anything if there are none.
    #[serde(default)]
    pub choices: Vec<String>,
}

impl Question {
    /// A question that is answered with "yes" or "no".
    pub fn yes_or_no(text: impl Into<String>) -> Self {
        Self { text: text.into(), secret: false, choices: vec!["yes".to_owned(), "no".to_owned()] }
    }

    /// A question for a password or a key.
    pub fn secret(text: impl Into<String>) -> Self {
        Self { text: text.into(), secret: true, choices: Vec::new() }
    }
}
