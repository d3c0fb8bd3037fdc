//! Tests that are known to fail on a certain server, each with its reason.

use std::collections::BTreeMap;
use std::path::Path;

/// Names of tests and why they fail there.
pub type KnownFailures = BTreeMap<String, String>;

/// Reads a file of lines `area/name: reason`; empty lines and those that begin with `#` are passed over.
/// Errors are in words for the person who wrote the file.
pub fn read(path: &Path, names: &[&str]) -> Result<KnownFailures, String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let mut known = KnownFailures::new();
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let at = || format!("{}:{number}", path.display());
        let (name, reason) = line.split_once(':').ok_or_else(|| format!("{}: a reason is missing", at()))?;
        if reason.trim().is_empty() {
            return Err(format!("{}: a reason is missing", at()));
        }
        if !names.contains(&name.trim()) {
            return Err(format!("{}: there is no test {name}", at()));
        }
        known.insert(name.trim().to_owned(), reason.trim().to_owned());
    }
    Ok(known)
}
