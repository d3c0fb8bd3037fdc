//! What the README says of the configuration.

use super::{Config, Environment, load_text};

/// The examples: indented blocks that begin with a section.
fn examples() -> Vec<Config> {
    let (mut found, mut block) = (Vec::new(), String::new());
    for line in include_str!("../../../../README.md").lines().chain(["the end"]) {
        if line.is_empty() || line.starts_with("    ") {
            block.push_str(line);
            block.push('\n');
            continue;
        }
        if block.trim_start().starts_with('[') {
            let read = load_text(&block, "README.md", &Environment::new());
            found.push(read.unwrap_or_else(|error| panic!("{error}\n{block}")));
        }
        block.clear();
    }
    found
}

#[test]
fn its_examples_can_be_used() {
    let examples = examples();
    let addresses: Vec<_> = examples.iter().filter_map(Config::federation_address).collect();
    assert_eq!(addresses, ["matrix.example.org:8448", "matrix.example.org:443"]);
    assert!(examples.iter().any(|config| config.database != Config::default().database));
}
