//! What is said of tests that do not run.

use std::collections::BTreeSet;
use std::io::{self, Write as _};
use std::sync::Mutex;

/// Says why tests are skipped, each reason once. What passing tests say through `eprintln!` is never shown.
pub fn skipped(reason: &str) {
    static SAID: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    if SAID.lock().unwrap().insert(reason.to_owned()) {
        let _nobody_reads = writeln!(io::stderr(), "SKIPPED: {reason}");
    }
}
