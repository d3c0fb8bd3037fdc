//! The database.

use std::num::NonZeroUsize;

use crate::config::DatabaseUrl;
use crate::config::describe::settings;

settings! {
    /// Where everything is kept.
    pub struct Database {
        /// "sqlite" (a file in the data folder), "sqlite:/some/where/peerbrain.db", or "postgres://user:password@host/name".
        url: DatabaseUrl = DatabaseUrl::new("sqlite"),
        /// Connections for reading.
        readers: NonZeroUsize = nonzero(8),
        /// Further connections for slow reads (searches, backups), so that they hold up nobody else.
        slow_readers: NonZeroUsize = nonzero(2),
        /// Megabytes of memory for events used lately.
        event_cache_mb: u32 = 8,
        /// Megabytes of memory for parts of room states used lately.
        state_cache_mb: u32 = 4,
    }
}

/// A default that is not zero.
fn nonzero(number: usize) -> NonZeroUsize {
    NonZeroUsize::new(number).unwrap_or(NonZeroUsize::MIN)
}
