//! Thoughts, as people use them: an account in a folder, its timelines and friends, what it writes and reads. Everything
//! that a server must not read is made and opened here, by matrix-rust-sdk; what goes over the wire is written down in
//! `federation-spec/`. The command line (`cli`, `output`) stands on top; nothing below it prints or asks.

#![recursion_limit = "256"]

pub mod account;
pub mod audiences;
pub mod cli;
pub mod completions;
pub mod console;
pub mod dm;
pub mod error;
pub mod export;
pub mod feed;
pub mod friends;
pub mod identity;
pub mod login;
pub mod manual;
pub mod onboarding;
pub mod output;
pub mod pending;
pub mod process;
pub mod profile_page;
pub mod rating;
pub mod reading;
pub mod report;
pub mod search;
pub mod secrets;
pub mod sharing;
pub mod thoughts;
pub mod timelines;
pub mod verification;
