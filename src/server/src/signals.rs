//! When to stop.

use std::io::{IsTerminal as _, stdin};

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::error::Error;

/// The signals that ask the server to stop.
pub struct StopSignals {
    term: Signal,
    int: Signal,
}

impl StopSignals {
    /// Takes the signals: from now on they no longer end the process by themselves. Nor does SIGHUP, unless it says that
    /// the terminal is gone: whoever reloads a service must not end it where no certificate is to be read again.
    ///
    /// # Errors
    /// When the operating system does not let us.
    pub fn take() -> Result<Self, Error> {
        if !stdin().is_terminal() {
            // Once asked for, it never ends the process again.
            drop(signal(SignalKind::hangup())?);
        }
        Ok(Self { term: signal(SignalKind::terminate())?, int: signal(SignalKind::interrupt())? })
    }

    /// Waits for the next one and gives its name.
    pub async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.term.recv() => "SIGTERM",
            _ = self.int.recv() => "SIGINT",
        }
    }

    /// From now on one more signal ends the process at once.
    pub fn end_at_the_next(mut self) {
        tokio::spawn(async move {
            let signal = self.next().await;
            tracing::warn!(signal, "a second signal: stopping without waiting");
            std::process::exit(130);
        });
    }
}
