//! When to stop.

use tokio::signal::unix::{SignalKind, signal};

use crate::error::Error;

/// Waits for SIGTERM or SIGINT; from then on a second one ends the process at once.
///
/// # Errors
/// When the operating system does not let us listen for signals.
pub async fn stop_requested() -> Result<&'static str, Error> {
    let (mut term, mut int) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let name = tokio::select! {
        _ = term.recv() => "SIGTERM",
        _ = int.recv() => "SIGINT",
    };
    tokio::spawn(async move {
        tokio::select! {
            _ = term.recv() => {}
            _ = int.recv() => {}
        }
        tracing::warn!("a second signal: stopping without waiting");
        std::process::exit(130);
    });
    Ok(name)
}
