//! The example file and the list of all keys, both read from the descriptions of the sections.

use std::fmt::Write as _;

use super::describe::{Section, Setting};
use super::{
    Config, Database, Federation, Listener, Log, Media, Passwords, Presence, Push, RateLimits, Registration, Rooms,
    Server, Sync, Thoughts, Turn, UserDirectory, WellKnown,
};

/// A section as the example shows it.
struct Described {
    name: &'static str,
    about: Vec<&'static str>,
    settings: Vec<Setting>,
}

fn described<S: Section>(name: &'static str) -> Described {
    Described { name, about: S::about(), settings: S::settings() }
}

/// The sections in the order of the example file. `listeners` is last because it is a list of blocks.
fn sections() -> [Described; 17] {
    [
        described::<Server>("server"),
        described::<WellKnown>("well_known"),
        described::<Federation>("federation"),
        described::<Database>("database"),
        described::<Registration>("registration"),
        described::<Passwords>("passwords"),
        described::<Rooms>("rooms"),
        described::<Sync>("sync"),
        described::<Presence>("presence"),
        described::<Push>("push"),
        described::<Media>("media"),
        described::<Turn>("turn"),
        described::<Thoughts>("thoughts"),
        described::<UserDirectory>("user_directory"),
        described::<RateLimits>("rate_limits"),
        described::<Log>("log"),
        described::<Listener>("listeners"),
    ]
}

impl Config {
    /// The example file: every setting with its explanation and its default, all settings commented out.
    pub fn example() -> String {
        let mut text = String::from(INTRODUCTION);
        for section in sections() {
            text.push('\n');
            comment(&mut text, &section.about);
            // A list of blocks is commented out whole: an empty block would already be a listener.
            let header =
                if section.name == "listeners" { "#[[listeners]]".to_owned() } else { format!("[{}]", section.name) };
            let _infallible = writeln!(text, "{header}");
            for setting in section.settings {
                comment(&mut text, &setting.doc);
                let _infallible = writeln!(text, "#{} = {}", setting.name, setting.default);
            }
        }
        text
    }
}

const INTRODUCTION: &str = "\
# The configuration of PeerBrain. What is commented out (\"#key = …\") shows the default; an empty text means \"unset\".
# Each setting can also come from the environment, which wins: PEERBRAIN__SERVER__NAME=example.org sets server.name,
# lists are written with commas (PEERBRAIN__REGISTRATION__TOKENS=one,two) or as TOML.
# `peerbrain config check` says what is wrong with this file, `peerbrain config show` what the server makes of it.
";

fn comment(text: &mut String, lines: &[&str]) {
    for line in lines {
        let _infallible = writeln!(text, "# {line}");
    }
}

/// One key that exists, with the form in which the environment writes it.
pub(super) struct Known {
    pub(super) key: String,
    pub(super) default: toml::Value,
}

/// Every key that exists, with dots between its parts. Keys of tables are written out, not the tables themselves.
pub(super) fn known_keys() -> Vec<Known> {
    let mut known = Vec::new();
    for section in sections().into_iter().filter(|section| section.name != "listeners") {
        for setting in section.settings {
            flatten(format!("{}.{}", section.name, setting.name), setting.default, &mut known);
        }
    }
    known.push(Known { key: "listeners".to_owned(), default: toml::Value::Array(Vec::new()) });
    known
}

/// The names inside a block of `[[listeners]]`.
pub(super) fn listener_keys() -> Vec<&'static str> {
    Listener::settings().into_iter().map(|setting| setting.name).collect()
}

fn flatten(key: String, default: toml::Value, known: &mut Vec<Known>) {
    match default {
        toml::Value::Table(table) => {
            table.into_iter().for_each(|(name, value)| flatten(format!("{key}.{name}"), value, known));
        }
        default => known.push(Known { key, default }),
    }
}
