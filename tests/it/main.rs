//! Tests of the whole server: the built program as a process, real HTTP, both databases.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::print_stderr)]

// The harness.
mod client;
mod database;
mod postgres;
mod programs;
mod random;
mod server;
mod skipped;
mod small_disk;
mod user;

// The tests.
mod backup;
mod bad_input;
mod chat;
mod config_commands;
mod crate_graph;
mod faults;
mod federation;
mod first_start;
mod kill;
mod one_process;
mod restart;
mod stop;
mod thoughts;
mod user_commands;
