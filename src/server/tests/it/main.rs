//! The program as its operator meets it: command line, first start, listeners, signals, backups.

mod backups;
mod commands;
mod first_start;
mod listeners;
mod program;
mod stopping;
