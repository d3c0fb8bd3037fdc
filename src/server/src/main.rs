//! The program `peerbrain`: the command line, and the wiring of all other crates into a running server.
//!
//! Here live listeners and TLS, signals, logging, metrics, the first start, and the commands of the operator. What the
//! server answers to a request does not belong here, nor does anything that a second program could want to call.

mod admin_client;
mod admin_socket;
mod command_line;
mod config_commands;
mod configuration;
mod db_commands;
mod error;
mod federation_commands;
mod first_start;
mod health;
mod key_commands;
mod listen;
mod logging;
mod media_commands;
mod metrics;
mod open_files;
mod operator;
mod room_commands;
mod serve;
mod signals;
mod signing_key;
mod target;
mod terminal;
mod user_commands;
mod wiring;

use std::{process::ExitCode, time::Duration};

use clap::Parser as _;

use command_line::{Command, CommandLine};
use error::Error;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Threads that read the database, build events and hash passwords. Each keeps memory of its own, and more of them than
/// there are database connections would mostly wait.
const BLOCKING_THREADS: usize = 32;
/// How long such a thread waits for work before it ends, and gives its memory back.
const BLOCKING_THREADS_REST: Duration = Duration::from_secs(5);

fn main() -> ExitCode {
    // A huge page stays whole when all but a corner of it is free: after a busy hour that is half of the memory. A kernel
    // that cannot do without them loses nothing but memory.
    #[cfg(target_os = "linux")]
    let _ = rustix::thread::disable_transparent_huge_pages(true);
    let command_line = CommandLine::parse();
    match run(command_line) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            terminal::complain(&error.to_string());
            ExitCode::FAILURE
        }
    }
}

fn run(command_line: CommandLine) -> Result<(), Error> {
    let file = command_line.config.as_deref();
    match command_line.command.unwrap_or(Command::Serve) {
        Command::Serve => runtime()?.block_on(serve::serve(file)),
        Command::Config(command) => config_commands::run(&command, file),
        Command::User(command) => runtime()?.block_on(user_commands::run(command, file)),
        Command::Room(command) => runtime()?.block_on(room_commands::run(command, file)),
        Command::Report(command) => runtime()?.block_on(room_commands::run_report(command, file)),
        Command::Media(command) => runtime()?.block_on(media_commands::run(command, file)),
        Command::Federation(command) => runtime()?.block_on(federation_commands::run(command, file)),
        Command::Key(command) => runtime()?.block_on(key_commands::run(&command, file)),
        Command::Db(command) => runtime()?.block_on(db_commands::run(command, file)),
    }
}

/// The runtime of everything but the listeners, whose workers bring their own.
fn runtime() -> Result<tokio::runtime::Runtime, Error> {
    Ok(tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .max_blocking_threads(BLOCKING_THREADS)
        .thread_keep_alive(BLOCKING_THREADS_REST)
        .build()?)
}
