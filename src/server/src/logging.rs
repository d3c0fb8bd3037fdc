//! Log lines, to standard error.

use peerbrain_core::config::{Log, LogFormat};
use tracing_subscriber::{EnvFilter, fmt};

use crate::error::Error;

/// Starts logging, once per process.
///
/// # Errors
/// A `log.level` that cannot be read.
pub fn start(log: &Log) -> Result<(), Error> {
    let filter = EnvFilter::builder().parse(&log.level).map_err(|error| {
        Error::plain(format!(
            "`log.level` is {:?}, but must be error, warn, info, debug or trace, or such for parts of the program: {error}",
            log.level
        ))
    })?;
    let lines = fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let started = match log.format {
        LogFormat::Text => lines.with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr())).try_init(),
        LogFormat::Json => lines.json().try_init(),
    };
    started.map_err(|error| Error::plain(format!("cannot start logging: {error}")))
}
