//! Log lines, to standard error.

use peerbrain_core::config::{Log, LogFormat};
use tracing_subscriber::{EnvFilter, fmt};

use crate::error::Error;

/// What is quieter than the rest unless it is asked for: actix counts its workers at every start.
const QUIET: &str = "actix_server=warn";

/// Starts logging, once per process.
///
/// # Errors
/// A `log.level` that cannot be read.
pub fn start(log: &Log) -> Result<(), Error> {
    let lines = fmt().with_env_filter(filter(log)?).with_writer(std::io::stderr);
    let started = match log.format {
        LogFormat::Text => lines.with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr())).try_init(),
        LogFormat::Json => lines.json().try_init(),
    };
    started.map_err(|error| Error::plain(format!("cannot start logging: {error}")))
}

/// What is logged.
///
/// # Errors
/// A `log.level` that cannot be read.
pub fn filter(log: &Log) -> Result<EnvFilter, Error> {
    let directives = format!("{QUIET},{}", log.level);
    EnvFilter::builder().parse(directives).map_err(|error| {
        Error::plain(format!(
            "`log.level` is {:?}, but must be error, warn, info, debug or trace, or such for parts of the program: {error}",
            log.level
        ))
    })
}
