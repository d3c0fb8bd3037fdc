//! `peerbrain user …`: asks the running server, or opens the database itself when none runs.

use std::io::BufRead as _;
use std::path::Path;

use peerbrain_core::{SystemRandom, random};

use crate::command_line::{NewPassword, UserCommand};
use crate::configuration::{self, Loaded};
use crate::error::Error;
use crate::operator::{ListedUser, Reached, Reply, Request};
use crate::terminal::say;

/// Characters of a password that we make.
const PASSWORD_CHARS: usize = 20;

/// Runs one of the commands.
///
/// # Errors
/// What the server, or the database, says against it.
pub async fn run(command: UserCommand, file: Option<&Path>) -> Result<(), Error> {
    let Loaded { config, .. } = configuration::load(file)?;
    let (request, made) = request(command)?;
    let (reached, reply) = Reached::ask_first(&config, request.clone()).await?;
    let outcome = conclude(&reached, request, reply, made).await;
    reached.close().await;
    outcome
}

/// The request, and the password in it if we made it.
fn request(command: UserCommand) -> Result<(Request, Option<String>), Error> {
    Ok(match command {
        UserCommand::Create { name, password, admin } => {
            let (password, made) = new_password(password)?;
            (Request::CreateUser { user: name, password, admin }, made)
        }
        UserCommand::Password { name, password } => {
            let (password, made) = new_password(password)?;
            (Request::SetPassword { user: name, password }, made)
        }
        UserCommand::List => (Request::ListUsers { after: None }, None),
        UserCommand::Admin { name, revoke } => (Request::SetAdmin { user: name, admin: !revoke }, None),
        UserCommand::Lock { name, undo } => (Request::SetLocked { user: name, locked: !undo }, None),
    })
}

fn new_password(from: NewPassword) -> Result<(String, Option<String>), Error> {
    if let Some(password) = from.password {
        return Ok((password, None));
    }
    if from.password_stdin {
        let mut line = String::new();
        std::io::stdin().lock().read_line(&mut line)?;
        return Ok((line.trim_end_matches(['\r', '\n']).to_owned(), None));
    }
    let made = random::token(&SystemRandom::new(), PASSWORD_CHARS);
    Ok((made.clone(), Some(made)))
}

/// Tells the outcome; of a list, asks for the rest until nothing more comes.
async fn conclude(reached: &Reached, request: Request, mut reply: Reply, made: Option<String>) -> Result<(), Error> {
    loop {
        match reply {
            Reply::Failed(reason) => return Err(Error::Plain(reason)),
            Reply::Media(_) | Reply::Reports(_) | Reply::Rooms(_) | Reply::Destinations(_) => {
                return Err(Error::plain("the answer is not about users"));
            }
            Reply::Done(user) => {
                say(&done(&request, &user));
                made.iter().for_each(|password| say(&format!("Password: {password}")));
                return Ok(());
            }
            Reply::Users(users) => {
                users.iter().for_each(show);
                let Some(last) = users.last() else { return Ok(()) };
                reply = reached.ask(Request::ListUsers { after: Some(last.id.clone()) }).await?;
            }
        }
    }
}

fn done(request: &Request, user: &str) -> String {
    match request {
        Request::CreateUser { admin: true, .. } => format!("Created {user}, an administrator."),
        Request::CreateUser { .. } => format!("Created {user}."),
        Request::SetPassword { .. } => format!("Set the password of {user} and logged out all devices."),
        Request::SetAdmin { admin: true, .. } => format!("{user} is an administrator."),
        Request::SetAdmin { .. } => format!("{user} is no administrator."),
        Request::SetLocked { locked: true, .. } => format!("{user} is locked out."),
        Request::SetLocked { .. } => format!("{user} can log in again."),
        _ => String::new(),
    }
}

fn show(user: &ListedUser) {
    let marks = user.marks.join(", ");
    say(&if marks.is_empty() { user.id.clone() } else { format!("{} ({marks})", user.id) });
}
