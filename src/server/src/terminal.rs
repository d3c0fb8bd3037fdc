//! Words for the person at the terminal. Logs go elsewhere (see [`crate::logging`]).

use std::io::Write as _;

/// Writes a line to standard output. A closed pipe is no reason to fail.
pub fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    let _closed_pipe = writeln!(out, "{line}").and_then(|()| out.flush());
}

/// Writes a line to standard error.
pub fn complain(line: &str) {
    let _closed_pipe = writeln!(std::io::stderr().lock(), "peerbrain: {line}");
}
