//! Where the programs under test are.

use std::path::PathBuf;

use crate::skipped::skipped;

/// The server, as `cargo build -p peerbrain-server` leaves it; or what `PEERBRAIN_BIN` names.
pub fn server() -> PathBuf {
    found("PEERBRAIN_BIN", "peerbrain").unwrap_or_else(|missing| panic!("{missing}"))
}

/// The server that can be told to break its promises, if it has been built.
pub fn sabotaged_server() -> Option<PathBuf> {
    optional("PEERBRAIN_SABOTAGE_BIN", "peerbrain-sabotage", "PEERBRAIN_REQUIRE_SABOTAGE")
}

/// The folder of the power cut's library and undo program, if they have been built.
pub fn power_cut() -> Option<PathBuf> {
    optional("PEERBRAIN_POWERCUT", "powercut", "PEERBRAIN_REQUIRE_SABOTAGE")
}

fn optional(variable: &str, name: &str, required: &str) -> Option<PathBuf> {
    match found(variable, name) {
        Ok(path) => Some(path),
        Err(missing) if std::env::var_os(required).is_some_and(|value| value == "1") => panic!("{missing}"),
        Err(missing) => {
            skipped(&missing);
            None
        }
    }
}

/// What the variable names, or what lies in `target/debug` beside this test.
fn found(variable: &str, name: &str) -> Result<PathBuf, String> {
    let path = match std::env::var_os(variable) {
        Some(path) => PathBuf::from(path),
        None => {
            let test = std::env::current_exe().unwrap();
            test.parent().and_then(|deps| deps.parent()).unwrap().join(name)
        }
    };
    let missing = || format!("{} is missing: run tests/build.sh first (or set {variable})", path.display());
    path.exists().then_some(path.clone()).ok_or_else(missing)
}
