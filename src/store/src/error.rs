//! Why the store could not do what it was asked.

/// The result of everything in this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why the store could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database refused a statement.
    #[error("the database answered: {0}{advice}", advice = advice(.0))]
    Query(#[from] diesel::result::Error),
    /// No connection could be made.
    #[error("cannot connect to the database: {0}")]
    Connection(#[from] diesel::ConnectionError),
    /// The database cannot be reached, or does not let us write. Nothing was written.
    #[error("the database is not available: {0}")]
    Unavailable(String),
    /// The connection broke during the commit and none could be made since: whether it was written is not known.
    #[error("the connection to the database broke during the commit")]
    Unconfirmed,
    /// The store has been closed, or its writer has died.
    #[error("the store is closed")]
    Closed,
    /// The closure that was to run panicked. Nothing was written.
    #[error("a database access panicked")]
    Panicked,
    /// The database is in use by another process.
    #[error("{0}")]
    InUse(String),
    /// The database was made by a newer program, or for another server name, or its migrations failed.
    #[error("{0}")]
    Refused(String),
    /// A file of the store could not be read or written.
    #[error("{0}")]
    File(#[from] std::io::Error),
    /// What is stored does not make sense.
    #[error("the database holds something unreadable: {0}")]
    Corrupt(String),
    /// An append was built on an older revision of its room: build it again.
    #[error("the room has moved on")]
    Stale,
}

impl Error {
    /// Whether a unique or foreign key was violated: the write lost a race, or repeats another.
    pub fn is_conflict(&self) -> bool {
        use diesel::result::{DatabaseErrorKind::*, Error::DatabaseError};
        match self {
            Self::Query(DatabaseError(UniqueViolation | ForeignKeyViolation, _)) => true,
            // SQLite has another code for keys that are the row's own number, which diesel does not know.
            Self::Query(DatabaseError(Unknown, info)) => info.message().starts_with("UNIQUE constraint failed"),
            _ => false,
        }
    }

    /// Whether the database, and not the code around it, is the cause: a connection is not used again after that.
    pub(crate) fn is_of_database(&self) -> bool {
        use diesel::result::Error::*;
        match self {
            Self::Connection(_) => true,
            Self::Query(error) => matches!(
                error,
                DatabaseError(..) | BrokenTransactionManager | RollbackErrorOnCommit { .. } | DeserializationError(_)
            ),
            _ => false,
        }
    }
}

/// What SQLite means by the words that it has for a file that it cannot use.
fn advice(error: &diesel::result::Error) -> &'static str {
    let diesel::result::Error::DatabaseError(_, info) = error else { return "" };
    let known = [("disk I/O error", " (is the disk full?)"), ("malformed", " (the file is damaged: restore a backup)")];
    known.into_iter().find(|(words, _)| info.message().contains(words)).map_or("", |(_, advice)| advice)
}
