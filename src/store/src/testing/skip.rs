//! What is said of tests that do not run.

use std::{
    collections::BTreeSet,
    io::{self, Write},
    sync::Mutex,
};

/// Says why tests are skipped, each reason once. What passing tests say through `eprintln!` is never shown.
pub fn skipped(reason: &str) {
    static SAID: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    if SAID.lock().unwrap().insert(reason.to_owned()) {
        let _nobody_reads = writeln!(io::stderr(), "SKIPPED: {reason}");
    }
}
