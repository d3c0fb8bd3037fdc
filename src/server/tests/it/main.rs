//! The program as its operator meets it: command line, first start, listeners, signals, backups.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, clippy::print_stderr, reason = "only tests")]

mod backups;
mod commands;
mod connections;
mod first_start;
mod forwarded;
mod limited_endpoints;
mod listeners;
mod moderation;
mod presence;
mod program;
mod rate_limits;
mod slow;
mod stopping;
mod well_known;
