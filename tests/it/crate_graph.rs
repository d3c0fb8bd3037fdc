//! The order of the crates: each calls only those before it.

use std::process::Command;

use serde_json::Value;

/// Lowest floor first.
const ORDER: [&str; 15] = [
    "vocabulary",
    "core",
    "events",
    "store",
    "accounts",
    "media",
    "rooms",
    "e2ee",
    "push",
    "search",
    "sync",
    "thoughts",
    "federation",
    "api",
    "server",
];
/// What stands apart: it sees the server from outside only.
const APART: [&str; 5] = ["peer", "participant", "conformance", "loadtest", "tests"];
/// The remote server that is played, and who may play it.
const PLAYED: (&str, [&str; 3]) = ("peer", ["conformance", "loadtest", "tests"]);
/// Libraries that only some may name.
const RESERVED: [(&str, &[&str]); 3] =
    [("diesel", &["store"]), ("libsqlite3-sys", &["store"]), ("actix", &["api", "server"])];
/// What speaks to the outside world; `core` and `events` must not.
const INPUT_AND_OUTPUT: [&str; 6] = ["tokio", "reqwest", "hyper", "actix", "diesel", "libsqlite3"];

/// The workspace's packages without their common prefix, each with what it depends on.
fn packages() -> Vec<(String, Vec<String>)> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let mut command = Command::new(cargo);
    command.args(["metadata", "--format-version=1", "--no-deps", "--offline"]).current_dir(env!("CARGO_MANIFEST_DIR"));
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap().iter();
    packages.map(|package| (short(&package["name"]), dependencies(package))).collect()
}

fn dependencies(package: &Value) -> Vec<String> {
    package["dependencies"].as_array().unwrap().iter().map(short_if_ours).collect()
}

fn short_if_ours(dependency: &Value) -> String {
    if dependency["path"].is_string() {
        short(&dependency["name"])
    } else {
        format!("({})", dependency["name"].as_str().unwrap())
    }
}

fn short(name: &Value) -> String {
    name.as_str().unwrap().trim_start_matches("peerbrain-").to_owned()
}

#[test]
fn each_crate_calls_only_those_before_it() {
    let packages = packages();
    let floor = |name: &str| ORDER.iter().position(|known| *known == name);
    for (name, dependencies) in &packages {
        let known = floor(name).is_some() || APART.contains(&name.as_str());
        assert!(known, "{name} has no place in the order of the crates: see docs/architecture.md");
        for below in dependencies.iter().filter(|name| !name.starts_with('(')) {
            let played = below == PLAYED.0 && PLAYED.1.contains(&name.as_str());
            let above = floor(name).zip(floor(below)).is_some_and(|(ours, theirs)| theirs < ours);
            // A test may bring its own crate under another feature.
            assert!(played || above || below == name, "{name} must not depend on {below}");
        }
    }
    assert!(ORDER.iter().chain(&APART).all(|name| packages.iter().any(|(known, _)| known == name)), "{packages:?}");
}

#[test]
fn only_some_know_the_database_and_the_web() {
    for (name, dependencies) in packages() {
        let names = |library: &str| dependencies.iter().any(|known| known.starts_with(&format!("({library}")));
        for (library, allowed) in RESERVED {
            assert!(allowed.contains(&name.as_str()) || !names(library), "{name} must not know {library}");
        }
        for library in INPUT_AND_OUTPUT {
            assert!(!matches!(name.as_str(), "core" | "events") || !names(library), "{name} must not know {library}");
        }
        assert!(!APART.contains(&name.as_str()) || !names("ruma"), "{name} must not share types with the server");
    }
}
