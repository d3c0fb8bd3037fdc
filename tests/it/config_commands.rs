//! `peerbrain config …`

use std::fs;
use std::process::Output;

use crate::database::Database;
use crate::programs;
use crate::server::{SHARED_SECRET, Server};

fn words(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn the_example_is_a_valid_configuration() {
    let server = Server::prepare(programs::server());
    let example = server.run(&["config", "example"]);
    assert!(example.status.success());
    let defaults = words(&server.run(&["config", "show"]));
    fs::write(server.folder().join("peerbrain.toml"), &example.stdout).unwrap();
    let check = server.run(&["config", "check"]);
    assert!(check.status.success() && words(&check).contains("peerbrain.toml"), "{}", words(&check));
    assert_eq!(words(&server.run(&["config", "show"])), defaults, "the example says other things than the defaults");
    assert!(!server.data().exists(), "a command that only looks made a data folder");
}

#[test]
fn show_says_what_applies_and_hides_secrets() {
    let mut server = Server::prepare(programs::server());
    server.write_configuration(&Database::Postgres { url: "postgres://user:hunter2@127.0.0.1/x".into() });
    server.set("PEERBRAIN__SYNC__TIMELINE_LIMIT", "77");
    let shown = words(&server.run(&["config", "show"]));
    assert!(shown.contains("peer.test") && shown.contains("timeline_limit = 77"), "{shown}");
    assert!(!shown.contains(SHARED_SECRET) && !shown.contains("hunter2"), "{shown}");
}

#[test]
fn mistakes_are_named_with_what_was_meant() {
    let cases = [
        ("[server]\nnam = \"x.test\"\n", "name"),
        ("[databse]\nurl = \"sqlite\"\n", "database"),
        ("[sync]\ntimeline_limit = 0\n", "timeline_limit"),
        ("[registration]\nmode = \"ajar\"\n", "closed"),
        ("[server]\nname = \"not a name\"\n", "name"),
        ("[server\n", "peerbrain.toml"),
        ("[[listeners]]\nbind = \"8008\"\n", "127.0.0.1:8008"),
    ];
    for (text, meant) in cases {
        let server = Server::prepare(programs::server());
        fs::write(server.folder().join("peerbrain.toml"), text).unwrap();
        for command in [&["config", "check"][..], &["serve"]] {
            let refused = server.run(command);
            let words = words(&refused);
            assert!(!refused.status.success() && words.contains(meant), "{command:?} of {text:?}: {words}");
            assert!(!words.contains("panicked"), "{words}");
        }
    }
}

#[test]
fn mistakes_in_the_environment_are_named_too() {
    for (name, value, meant) in [
        ("PEERBRAIN__SYNC__TIMELINE_LIMT", "5", "TIMELINE_LIMIT"),
        ("PEERBRAIN__SYNC__TIMELINE_LIMIT", "many", "timeline_limit"),
    ] {
        let mut server = Server::prepare(programs::server());
        server.set(name, value);
        let refused = server.run(&["config", "check"]);
        let words = words(&refused);
        assert!(!refused.status.success() && words.to_lowercase().contains(&meant.to_lowercase()), "{name}: {words}");
    }
}

#[test]
fn a_file_that_is_named_must_exist() {
    let server = Server::prepare(programs::server());
    let refused = server.run(&["--config", "nowhere.toml", "config", "check"]);
    assert!(!refused.status.success() && words(&refused).contains("nowhere.toml"), "{}", words(&refused));
}
