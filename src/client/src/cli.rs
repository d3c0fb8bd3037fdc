//! The command line: from what was typed to an exit status.

pub mod arguments;
mod commands;
mod entering;
mod prepare;
mod rounds;

use std::io::{Stdout, Write as _};
use std::pin::pin;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser as _;
use serde::{Deserialize, Serialize};
use tokio::runtime::Runtime;
use tokio::sync::watch;
use tokio::time::timeout;

use crate::account::AccountFolder;
use crate::cli::arguments::{Arguments, Command, Options};
use crate::completions::completions;
use crate::console::Console;
use crate::error::Result;
use crate::manual::manual;
use crate::output::{Drawing, Failure, Json, Page, Terminal};
use crate::process;

pub use commands::run;

/// What a process that holds an account does for another one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// What is to be done.
    pub command: Command,
    /// Whether pictures are fetched for whoever looks on.
    pub pictures: bool,
}

/// Wrong usage, as clap has it.
const WRONG_USAGE: u8 = 2;
/// Ended by the user, as shells have it.
const INTERRUPTED: u8 = 130;
/// How long the jobs of others may take that are under way when the program is ended.
const OTHERS_TAKE: Duration = Duration::from_secs(20);

/// Does what the command line says.
#[must_use]
pub fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return not_understood(&error),
    };
    let json = arguments.options.json;
    let page = Page::of_stdout(arguments.options.color);
    let ended = match Runtime::new() {
        Ok(runtime) => {
            let ended = runtime.block_on(done(arguments));
            // Somebody may still be asked for an answer that nobody waits for.
            runtime.shutdown_background();
            ended
        }
        Err(error) => Err(error.into()),
    };
    match ended {
        Ok(code) => code,
        Err(error) => {
            failed(&Failure::from(&error), json, &page);
            ExitCode::FAILURE
        }
    }
}

/// Does the command, until it is done or the user ends it.
async fn done(arguments: Arguments) -> Result<ExitCode> {
    let has_no_end = arguments.command.has_no_end();
    let (enough, _) = watch::channel(false);
    let mut work = pin!(dispatch(arguments, &enough));
    tokio::select! {
        ended = &mut work => return ended.map(|()| ExitCode::SUCCESS),
        () = interrupted() => {}
    }
    enough.send_replace(true);
    // What others have handed over is finished, unless the user insists.
    if enough.receiver_count() > 0 {
        tokio::select! {
            ended = timeout(OTHERS_TAKE, &mut work) => if let Ok(ended) = ended { ended? },
            () = interrupted() => {}
        }
    }
    Ok(if has_no_end { ExitCode::SUCCESS } else { ExitCode::from(INTERRUPTED) })
}

async fn dispatch(arguments: Arguments, enough: &watch::Sender<bool>) -> Result<()> {
    let Arguments { options, command } = arguments;
    let stdout = std::io::stdout();
    match &command {
        Command::Completions { shell } => return Ok(stdout.lock().write_all(&completions(*shell))?),
        Command::Man => return Ok(stdout.lock().write_all(&manual()?)?),
        _ => {}
    }
    let mut console = console(&options, &command);
    let console = console.as_mut();
    match command {
        Command::Register(register) => entering::register(&options, &register, console).await,
        Command::Login(login) => entering::login(&options, &login, console).await,
        command => {
            let command = prepare::prepare(command, &mut std::io::stdin().lock())?;
            let folder = AccountFolder::choose(options.data.as_deref(), options.account.as_deref())?;
            let long_lived = command.takes_long();
            let job = Job { pictures: console.shows_pictures(), command };
            process::run_or_hand_over(&folder, job, long_lived, enough, console).await
        }
    }
}

/// Where results go. An export is for programs, whoever looks on.
fn console(options: &Options, command: &Command) -> Box<dyn Console> {
    let out: Stdout = std::io::stdout();
    match command {
        Command::Export(export) if export.file.is_none() => Box::new(Json::new(out)),
        _ if options.json => Box::new(Json::new(out)),
        Command::Feed(_) | Command::Read(_) | Command::Search(_) => {
            Box::new(Terminal::new(out, Page::of_stdout(options.color), Drawing::of_stdout()))
        }
        _ => Box::new(Terminal::new(out, Page::of_stdout(options.color), None)),
    }
}

/// When the user ends the program, or the system does.
async fn interrupted() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else { return std::future::pending().await };
    tokio::select! {
        ended = tokio::signal::ctrl_c() => if ended.is_err() { std::future::pending().await },
        _ = terminate.recv() => {}
    }
}

/// Programs get errors on standard output, people on standard error.
fn failed(failure: &Failure, json: bool, page: &Page) {
    // Nothing is left to do if that is closed.
    let _ = match json {
        true => writeln!(std::io::stdout(), "{}", failure.json()),
        false => writeln!(std::io::stderr(), "{}", failure.shown(page)),
    };
}

/// A command line that makes no sense, or asks for help.
fn not_understood(error: &clap::Error) -> ExitCode {
    if error.use_stderr() && std::env::args_os().any(|argument| argument == "--json") {
        let message = error.render().to_string().trim().to_owned();
        let next = Some("See `thoughts --help`.".to_owned());
        failed(&Failure { kind: "usage".to_owned(), message, next }, true, &Page::plain());
    } else {
        // Nothing is left to do if that is closed.
        let _ = error.print();
    }
    if error.use_stderr() { ExitCode::from(WRONG_USAGE) } else { ExitCode::SUCCESS }
}
