//! One connection type over both databases.

use diesel::{Connection, PgConnection, SqliteConnection, connection::SimpleConnection};

use crate::{Error, Result, Target};

/// A connection to either database. Queries of diesel's own language run on it directly; what `MultiConnection`
/// lacks (upserts, inserts of many rows) goes through [`both!`].
#[derive(diesel::MultiConnection)]
pub enum Conn {
    /// PostgreSQL.
    Pg(PgConnection),
    /// SQLite.
    Sqlite(SqliteConnection),
}

/// Runs one query text on the connection of whichever database it is.
macro_rules! both {
    ($conn:expr, $c:ident => $query:expr) => {
        match $conn {
            $crate::Conn::Pg($c) => $query,
            $crate::Conn::Sqlite($c) => $query,
        }
    };
}
pub(crate) use both;

/// How many rows fit into one statement. SQLite takes 32,766 binds, PostgreSQL 65,535; our widest table has 17 columns.
pub(crate) const ROWS_PER_INSERT: usize = 1_000;

/// What a connection is for: the writer keeps its own, larger, cache and waits for locks with a limit.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Writer,
    Reader,
}

impl Conn {
    pub(crate) fn open(target: &Target, role: Role) -> Result<Self> {
        match target {
            Target::Sqlite(path) => {
                let path = path.to_str().ok_or_else(|| Error::Refused("the database path is not UTF-8".into()))?;
                let mut conn = SqliteConnection::establish(path)?;
                // synchronous=FULL: what is acknowledged has been synced. The memory map costs no memory of our own.
                let cache = if role == Role::Writer { 8_192 } else { 2_048 };
                conn.batch_execute(&format!(
                    "PRAGMA busy_timeout = 10000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
                     PRAGMA cache_size = -{cache}; PRAGMA mmap_size = 1073741824; PRAGMA temp_store = MEMORY;
                     PRAGMA journal_size_limit = 67108864;",
                ))?;
                Ok(Self::Sqlite(conn))
            }
            Target::Postgres(url) => {
                let mut conn = PgConnection::establish(url)?;
                conn.batch_execute(
                    "SET lock_timeout = '30s'; SET idle_in_transaction_session_timeout = '60s'; SET jit = off;",
                )?;
                Ok(Self::Pg(conn))
            }
        }
    }

    /// Opens a read transaction in which every query sees the same moment, runs `f`, and closes it.
    pub(crate) fn snapshot<T>(&mut self, f: impl FnOnce(&mut Conn) -> Result<T>) -> Result<T> {
        self.batch_execute(match self {
            Self::Pg(_) => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
            Self::Sqlite(_) => "BEGIN DEFERRED",
        })?;
        let outcome = f(self);
        let end = self.batch_execute("COMMIT");
        let value = outcome?;
        end?;
        Ok(value)
    }
}
