//! Tests that are known to fail on a certain server, each with its reason.

use std::collections::BTreeMap;
use std::path::Path;

/// Names of tests and why they fail there.
pub type KnownFailures = BTreeMap<String, String>;

/// Reads a file of lines `area/name: reason`; empty lines and those that begin with `#` are passed over.
/// Errors are in words for the person who wrote the file.
pub fn read(path: &Path, names: &[&str]) -> Result<KnownFailures, String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    parse(&text, names).map_err(|error| format!("{}:{error}", path.display()))
}

/// Reads the text of such a file; an error begins with the number of its line.
fn parse(text: &str, names: &[&str]) -> Result<KnownFailures, String> {
    let mut known = KnownFailures::new();
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (name, reason) = line.split_once(':').unwrap_or((line, ""));
        let (name, reason) = (name.trim(), reason.trim());
        if reason.is_empty() {
            return Err(format!("{number}: {name}: a reason is missing"));
        }
        if !names.contains(&name) {
            return Err(format!("{number}: there is no test {name}"));
        }
        if known.insert(name.to_owned(), reason.to_owned()).is_some() {
            return Err(format!("{number}: {name} stands here twice"));
        }
    }
    Ok(known)
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn names_and_reasons() {
        let known = parse("# a comment\n\na/b: it does: not\n", &["a/b"]);
        assert_eq!(known.map(|known| known.get("a/b").cloned()), Ok(Some("it does: not".to_owned())));
    }

    #[test]
    fn mistakes_are_told() {
        for text in ["a/b", "a/b: ", "a/c: unknown", "a/b: once\na/b: twice"] {
            assert!(parse(text, &["a/b"]).is_err(), "{text:?} should be refused");
        }
    }

    #[test]
    fn the_list_for_federation_with_synapse_names_tests() {
        let tests = crate::federation::all();
        let names: Vec<&str> = tests.iter().map(|test| test.name).collect();
        assert!(parse(include_str!("../federation-synapse-known-failures.txt"), &names).is_ok());
    }

    #[test]
    fn the_list_for_synapse_names_tests() {
        let tests = crate::tests::all();
        let names: Vec<&str> = tests.iter().map(|test| test.name).collect();
        assert!(parse(include_str!("../synapse-known-failures.txt"), &names).is_ok());
    }
}
