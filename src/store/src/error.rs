//! Why the store could not do what it was asked.

/// The result of everything in this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why the store could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database refused a statement.
    #[error("the database answered: {0}")]
    Query(#[from] diesel::result::Error),
    /// No connection could be made.
    #[error("cannot connect to the database: {0}")]
    Connection(#[from] diesel::ConnectionError),
    /// No connection came free in time, or none could be made.
    #[error("no database connection: {0}")]
    Pool(#[from] diesel::r2d2::PoolError),
    /// The store has been closed, or its writer has died.
    #[error("the store is closed")]
    Closed,
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
        matches!(self, Self::Query(DatabaseError(UniqueViolation | ForeignKeyViolation, _)))
    }

    /// Whether the connection itself is gone and a new one is needed.
    pub(crate) fn is_disconnect(&self) -> bool {
        use diesel::result::{DatabaseErrorKind::*, Error::*};
        match self {
            Self::Connection(_) | Self::Pool(_) => true,
            Self::Query(DatabaseError(ClosedConnection | UnableToSendCommand, _)) => true,
            Self::Query(BrokenTransactionManager | RollbackErrorOnCommit { .. }) => true,
            // PostgreSQL's own words when it goes down under a statement.
            Self::Query(DatabaseError(_, info)) => {
                let message = info.message();
                ["terminating connection", "server closed the connection", "connection to server", "no connection"]
                    .iter()
                    .any(|part| message.contains(part))
            }
            _ => false,
        }
    }
}
