//! The store: the only crate that knows the database.
//!
//! Here live the connection to SQLite or PostgreSQL, the writer thread with its group commit, the clock of stream
//! positions, the log that followers read, the state trie, and one file of queries per table group. What a row
//! means (who may write it, what follows from it) does not belong here, nor does anything of HTTP.

pub mod accounts;
pub mod backup;
mod connection;
pub mod e2ee;
mod error;
pub mod federation;
mod lock;
mod log;
pub mod media;
pub mod meta;
mod migrate;
pub mod moderation;
mod observer;
pub mod presence;
pub mod push;
mod readers;
pub mod receipts;
pub mod relations;
pub mod rooms;
mod schema;
pub mod search;
pub mod state;
mod store;
pub mod sync;
mod target;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
#[cfg(test)]
mod tests;
pub mod timelines;
mod tx;
mod writer;

pub use connection::Conn;
pub use error::{Error, Result};
pub use log::{LogEntry, LogKind};
pub use observer::{Committed, Observer};
pub use store::{Options, Store};
pub use target::Target;
pub use tx::Tx;
