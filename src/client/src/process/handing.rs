//! Has another process do a job, and passes on what it says.

use tokio::io::BufReader;
use tokio::net::UnixStream;

use super::words::{Asked, Said, hear, say};
use super::{remote, socket};
use crate::account::AccountFolder;
use crate::cli::Job;
use crate::console::Console;
use crate::error::{Error, Result};

/// The process that holds the account, if it listens.
pub async fn connect(folder: &AccountFolder) -> Option<UnixStream> {
    remote::connect(&socket(folder)).await.ok()
}

/// Hands a job over, and waits until it is done.
///
/// # Errors
/// What the job says; or the other process ends meanwhile.
pub async fn hand_over(stream: UnixStream, job: &Job, console: &mut dyn Console) -> Result<()> {
    let (from, mut to) = stream.into_split();
    let mut from = BufReader::new(from);
    say(&mut to, &Asked::Job(job.clone())).await?;
    loop {
        match hear(&mut from).await? {
            Some(Said::Report(report)) => console.report(report),
            Some(Said::Notice(text)) => console.notice(&text),
            Some(Said::Progress { what, done, total }) => console.progress(&what, done, total),
            Some(Said::Ask(question)) => {
                let answer = console.ask(question).await.ok();
                say(&mut to, &Asked::Answer(answer)).await?;
            }
            Some(Said::Done) => return Ok(()),
            Some(Said::Failed { kind, message, next }) => return Err(Error::Remote { kind, message, next }),
            None => {
                return Err(Error::Busy(
                    "The process that was doing it has ended. Look whether it was done before you do it again."
                        .to_owned(),
                ));
            }
        }
    }
}
