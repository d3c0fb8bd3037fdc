//! What two processes say to each other: JSON, one object a line.

use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use crate::cli::Job;
use crate::console::Question;
use crate::error::{Error, Result};
use crate::report::Report;

/// The longest line. A picture that is shown is in one.
const MAX_LINE_BYTES: u64 = 64 << 20;

/// What whoever does the work says.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Said {
    /// A result.
    Report(Report),
    /// Something worth knowing.
    Notice(String),
    /// How far it is.
    Progress {
        /// What is done.
        what: String,
        /// How much.
        done: u64,
        /// Of how much.
        total: u64,
    },
    /// Something only the user can answer.
    Ask(Question),
    /// The last word: all was done.
    Done,
    /// The last word: it was not.
    Failed {
        /// A word for programs.
        kind: String,
        /// In words.
        message: String,
        /// The next step.
        next: Option<String>,
    },
}

/// What whoever wants it done says.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Asked {
    /// The first word.
    Job(Job),
    /// An answer to a question; nothing if nobody is there to answer.
    Answer(Option<String>),
}

impl Said {
    /// The last word on a job.
    pub fn last(ended: Result<()>) -> Self {
        match ended {
            Ok(()) => Self::Done,
            Err(error) => {
                Self::Failed { kind: error.kind().to_owned(), message: error.to_string(), next: error.next_step() }
            }
        }
    }
}

/// Says something.
pub async fn say(out: &mut (impl AsyncWrite + Unpin), words: &impl Serialize) -> Result<()> {
    let mut line = serde_json::to_vec(words)?;
    line.push(b'\n');
    out.write_all(&line).await?;
    Ok(out.flush().await?)
}

/// Hears something; nothing if the other one is gone.
pub async fn hear<T: serde::de::DeserializeOwned>(from: &mut (impl AsyncBufRead + Unpin)) -> Result<Option<T>> {
    let mut line = Vec::new();
    from.take(MAX_LINE_BYTES).read_until(b'\n', &mut line).await?;
    if line.is_empty() {
        return Ok(None);
    }
    if line.last() != Some(&b'\n') {
        return Err(Error::Busy("The other process broke off.".to_owned()));
    }
    Ok(Some(serde_json::from_slice(&line)?))
}
