//! `peerbrain media …`: asks the running server, or opens the database itself when none runs.

use std::path::Path;

use crate::command_line::MediaCommand;
use crate::configuration::{self, Loaded};
use crate::error::Error;
use crate::operator::{ListedFile, Reached, Reply, Request};
use crate::terminal::say;

/// Runs one of the commands.
///
/// # Errors
/// What the server, or the database, says against it.
pub async fn run(command: MediaCommand, file: Option<&Path>) -> Result<(), Error> {
    let Loaded { config, .. } = configuration::load(file)?;
    let request = request(command);
    let (reached, reply) = Reached::ask_first(&config, request.clone()).await?;
    let outcome = conclude(&reached, request, reply).await;
    reached.close().await;
    outcome
}

fn request(command: MediaCommand) -> Request {
    match command {
        MediaCommand::List { user } => Request::ListMedia { user, after: None, skip: 0 },
        MediaCommand::Quarantine { media, undo } => Request::QuarantineMedia { media, undo },
        MediaCommand::Delete { media } => Request::DeleteMedia { media },
    }
}

/// Tells the outcome; of a list, asks for the rest until nothing more comes.
async fn conclude(reached: &Reached, request: Request, mut reply: Reply) -> Result<(), Error> {
    let mut shown = 0;
    loop {
        match reply {
            Reply::Failed(reason) => return Err(Error::Plain(reason)),
            Reply::Done(what) => {
                say(&done(&request, &what));
                return Ok(());
            }
            Reply::Media(files) => {
                files.iter().for_each(show);
                let (Some(last), Request::ListMedia { user, .. }) = (files.last(), &request) else { return Ok(()) };
                shown += files.len() as u64;
                let next = Request::ListMedia { user: user.clone(), after: Some(last.id.clone()), skip: shown };
                reply = reached.ask(next).await?;
            }
            _ => return Err(Error::plain("the running server gave no understandable answer; is it another version?")),
        }
    }
}

fn done(request: &Request, what: &str) -> String {
    match request {
        Request::QuarantineMedia { undo: false, .. } => {
            format!("Quarantined {what}: nobody gets it, and nobody can upload it again.")
        }
        Request::QuarantineMedia { .. } => format!("Ended the quarantine of {what}."),
        _ => format!("Deleted; it could be had under {what} address(es)."),
    }
}

fn show(file: &ListedFile) {
    let hash = file.sha256.as_deref().unwrap_or("-");
    let name = file.file_name.as_ref().map(|name| format!(" {name:?}")).unwrap_or_default();
    let marks = if file.marks.is_empty() { String::new() } else { format!(" ({})", file.marks.join(", ")) };
    say(&format!("{} {} {hash} {} bytes {}{name}{marks}", file.uri, file.user, file.size, file.content_type));
}
