//! The store: the only crate that knows the database.
//!
//! Here live the connection to SQLite or PostgreSQL, the writer thread with its group commit, the clock of stream
//! positions, the log that followers read, the state trie, and one file of queries per table group. What a row
//! means (who may write it, what follows from it) does not belong here, nor does anything of HTTP.

pub mod accounts;
pub mod backup;
mod connection;
mod error;
mod lock;
mod log;
pub mod meta;
mod migrate;
mod observer;
mod readers;
pub mod rooms;
mod schema;
pub mod state;
mod store;
pub mod sync;
mod target;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
#[cfg(test)]
mod tests;
mod tx;
mod writer;

pub use connection::Conn;
pub use error::{Error, Result};
pub use log::{LogEntry, LogKind};
pub use observer::{Committed, Observer};
pub use store::{Options, Store};
pub use target::Target;
pub use tx::Tx;
