//! For tests, of this crate and of others (feature `testing`): every test body runs on SQLite and on PostgreSQL.
//!
//! PostgreSQL is a cluster of the test process's own, started when the first test asks for it and removed when the
//! process ends, however it ends. Where PostgreSQL is not installed those halves are skipped, with a word on stderr,
//! unless `PEERBRAIN_REQUIRE_POSTGRES=1` says that they must not be.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr, reason = "only tests use it")]

mod cluster;
mod database;

pub use cluster::Cluster;
pub use database::{Database, each};

/// Where a fresh PostgreSQL database is that no other test uses; none where PostgreSQL is not installed.
pub fn postgres_database() -> Option<String> {
    Cluster::shared().map(Cluster::database)
}
