//! Log lines, to standard error.

use peerbrain_core::config::{Log, LogFormat};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::{EnvFilter, fmt};

use crate::error::Error;

/// What is quieter than the rest unless it is asked for: actix counts its workers at every start and reports whatever
/// nonsense strangers send as an error; state resolution remarks on every event that is allowed; and a certificate of
/// another server that is not good is no error of ours, but is told where it matters.
const QUIET: &str = "actix_server=warn,actix_http=off,ruma_state_res=warn,rustls_platform_verifier=off";

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
    let refused = |reason: &str| {
        Error::plain(format!(
            "`log.level` is {:?}, but must be error, warn, info, debug, trace or off, or such for parts of the program, \
             as in \"info,peerbrain_rooms=debug\"{reason}",
            log.level
        ))
    };
    // A lone word that is no level would be taken for a part of the program, and all the rest would fall silent.
    let mut words = log.level.split(',').filter(|directive| !directive.contains('='));
    if !words.all(|word| word.trim().parse::<LevelFilter>().is_ok()) {
        return Err(refused(""));
    }
    let directives = format!("{QUIET},{}", log.level);
    EnvFilter::builder().parse(directives).map_err(|error| refused(&format!(": {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_told_from_other_words() {
        let accepted = |level: &str| filter(&Log { level: level.to_owned(), ..Log::default() }).is_ok();
        assert!(accepted("info") && accepted("off") && accepted("warn,peerbrain_rooms=trace"));
        assert!(!accepted("verbose") && !accepted("info,loud") && !accepted("info,peerbrain_rooms=loud"));
    }
}
