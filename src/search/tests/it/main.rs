//! Search over rooms that are really there, on both databases.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod edits;
mod finding;
mod following;
mod pages;
mod purging;
mod rebuilding;
mod world;
