//! A neutral load generator for Matrix homeservers.
//!
//! It speaks raw JSON over HTTP/1.1 to any homeserver and knows nothing of ours: this crate names neither ruma nor any
//! crate of the server. Where federation is measured it plays the other servers (`tests/peer`). It runs on one thread and reads as little of the answers as it can, because it shares the
//! machine with the server it measures; what it costs itself stands in every row.
//!
//! `loadtest --url … --server-name … --shared-secret …` measures, `loadtest compare A.json B.json` sets two runs side
//! by side.

mod compare;
mod connection;
mod device;
mod drive;
mod error;
mod measure;
mod options;
mod report;
mod rows;
mod setup;
mod users;

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser as _;

use crate::error::Result;
use crate::options::{Command, Options};

fn main() -> ExitCode {
    match run(Options::parse()) {
        Ok(output) => {
            let written = writeln!(std::io::stdout(), "{output}");
            if written.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => {
            // Nothing is left to do if standard error is closed too.
            let _ = writeln!(std::io::stderr(), "loadtest: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Does what the command line asks for; gives the table to print.
fn run(options: Options) -> Result<String> {
    match options.command {
        Some(Command::Compare { one, other }) => {
            Ok(compare::side_by_side(&report::read(&one)?, &report::read(&other)?))
        }
        None => tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(rows::measure(options)),
    }
}
