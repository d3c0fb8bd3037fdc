//! One connection type over both databases.

use diesel::{Connection, ConnectionError, PgConnection, SqliteConnection, connection::SimpleConnection, prelude::*};

use crate::{Error, Result, Target};

/// A connection to either database. Queries of diesel's own language run on it directly; what `MultiConnection`
/// lacks (upserts, inserts of many rows) goes through [`both!`], and so does what is asked very often: `MultiConnection`
/// writes the text of a query anew, more than once, each time it is asked.
///
/// What is found by a unique key, or is a count, is read with `get_result`: `first` adds a LIMIT with an argument, and each
/// time that is given SQLite makes the plan anew. Lists that are read often are cut with [`at_most!`].
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

/// Loads the first rows of a query, at most `limit`. SQLite gives row after row, so nothing is lost if it is not told the
/// limit, which would cost a new plan each time (as much as a hundred rows do). What it has to sort it then sorts whole.
macro_rules! at_most {
    ($conn:expr, $limit:expr, $query:expr) => {
        match $conn {
            $crate::Conn::Pg(c) => $query.limit($limit).load(c),
            $crate::Conn::Sqlite(c) => {
                let limit = usize::try_from($limit).unwrap_or(usize::MAX);
                $query
                    .load_iter::<_, diesel::connection::DefaultLoadingMode>(c)
                    .and_then(|rows| rows.take(limit).collect())
            }
        }
    };
}
pub(crate) use at_most;

/// How many rows fit into one statement. SQLite takes 32,766 binds, PostgreSQL 65,535; our widest table has 20 columns.
pub(crate) const ROWS_PER_INSERT: usize = 1_000;

/// Inserts many rows: on PostgreSQL, where each statement is a message to and fro, as many to a statement as fit. SQLite
/// gets them one by one, for it would parse a statement of many each time.
macro_rules! insert_all {
    ($conn:expr, $table:expr, $rows:expr $(, $tail:ident ( $($arg:expr),* ))*) => {
        match $conn {
            $crate::Conn::Pg(c) => {
                for rows in $rows.chunks($crate::connection::ROWS_PER_INSERT) {
                    diesel::insert_into($table).values(rows)$(.$tail($($arg),*))*.execute(c)?;
                }
            }
            $crate::Conn::Sqlite(c) => {
                for row in $rows.iter() {
                    diesel::insert_into($table).values(row)$(.$tail($($arg),*))*.execute(c)?;
                }
            }
        }
    };
}
pub(crate) use insert_all;

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// It writes, with a larger cache of its own.
    Writer,
    /// It only reads, for as long as that takes.
    Reader,
    /// It only reads, and what takes long on it is a mistake.
    QuickReader,
}

impl Conn {
    pub(crate) fn open(target: &Target, role: Role) -> Result<Self> {
        match target {
            Target::Sqlite(path) => {
                let path = path.to_str().ok_or_else(|| Error::Refused("the database path is not UTF-8".into()))?;
                open_sqlite(path, role).map(Self::Sqlite)
            }
            Target::Postgres(url) => open_postgres(url, role).map(Self::Pg),
        }
    }

    /// Lets this connection's transactions wait for as long as it takes while files are copied between two statements.
    pub(crate) fn be_patient(&mut self) -> Result<()> {
        match self {
            Self::Pg(conn) => Ok(conn.batch_execute("SET idle_in_transaction_session_timeout = 0")?),
            Self::Sqlite(_) => Ok(()),
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

fn open_sqlite(path: &str, role: Role) -> Result<SqliteConnection> {
    #[derive(QueryableByName)]
    struct Mode {
        #[diesel(sql_type = diesel::sql_types::Text)]
        journal_mode: String,
    }
    let mut conn = SqliteConnection::establish(path)?;
    conn.batch_execute("PRAGMA busy_timeout = 10000")?;
    let mode: Mode = diesel::sql_query("PRAGMA journal_mode = WAL").get_result(&mut conn)?;
    if mode.journal_mode != "wal" {
        return Err(Error::Refused("the file system of the database cannot share memory: use a local one".into()));
    }
    // synchronous=FULL: what is acknowledged has been synced. The memory map costs no memory of our own.
    let (cache, query_only) = if role == Role::Writer { (8_192, "OFF") } else { (2_048, "ON") };
    conn.batch_execute(&format!(
        "PRAGMA synchronous = FULL; PRAGMA cache_size = -{cache}; PRAGMA mmap_size = 1073741824;
         PRAGMA temp_store = MEMORY; PRAGMA journal_size_limit = 33554432; PRAGMA query_only = {query_only};",
    ))?;
    Ok(conn)
}

fn open_postgres(url: &str, role: Role) -> Result<PgConnection> {
    let mut conn = PgConnection::establish(&with_defaults(url)).map_err(|error| without_url(error, url))?;
    // The server, too, must find out soon that we are gone: the writer's lock goes with its connection.
    conn.batch_execute(
        "SET lock_timeout = '30s'; SET idle_in_transaction_session_timeout = '5min'; SET jit = off;
         SET tcp_keepalives_idle = 30; SET tcp_keepalives_interval = 10; SET tcp_keepalives_count = 3;",
    )?;
    // What is read often is in memory, or on a disk that seeks fast. PostgreSQL's default is for disks that turn: with it
    // all of a room that it takes for small is read and sorted. Whatever the operator has set stays.
    conn.batch_execute(
        "SELECT set_config('random_page_cost', '1.1', false)
         FROM pg_settings WHERE name = 'random_page_cost' AND source = 'default'",
    )?;
    match role {
        // What is acknowledged has been synced. Stronger settings of the operator's stay.
        Role::Writer => {
            conn.batch_execute(
                "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off';
                 SET idle_in_transaction_session_timeout = '60s';",
            )?;
            refuse_encoding(&mut conn)?;
        }
        Role::Reader => conn.batch_execute("SET default_transaction_read_only = on")?,
        Role::QuickReader => {
            conn.batch_execute("SET default_transaction_read_only = on; SET statement_timeout = '30s'")?;
        }
    }
    Ok(conn)
}

/// Puts limits into the URL where it has none of its own, so that a connection that has died is noticed.
fn with_defaults(url: &str) -> String {
    let mut url = url.to_owned();
    for (name, value) in [
        ("connect_timeout", "10"),
        ("keepalives_idle", "30"),
        ("keepalives_interval", "10"),
        ("keepalives_count", "3"),
        ("tcp_user_timeout", "60000"),
        ("application_name", "peerbrain"),
    ] {
        if !url.contains(&format!("?{name}=")) && !url.contains(&format!("&{name}=")) {
            let separator = if url.contains('?') { '&' } else { '?' };
            url.push_str(&format!("{separator}{name}={value}"));
        }
    }
    url
}

/// Takes the URL, which may hold a password, out of the message: errors are logged.
fn without_url(error: ConnectionError, url: &str) -> Error {
    let hide = |text: String| text.replace(&with_defaults(url), "the database URL").replace(url, "the database URL");
    Error::Connection(match error {
        ConnectionError::BadConnection(text) => ConnectionError::BadConnection(hide(text)),
        ConnectionError::InvalidConnectionUrl(text) => ConnectionError::InvalidConnectionUrl(hide(text)),
        other => other,
    })
}

fn refuse_encoding(conn: &mut PgConnection) -> Result<()> {
    #[derive(QueryableByName)]
    struct Encoding {
        #[diesel(sql_type = diesel::sql_types::Text)]
        server_encoding: String,
    }
    let found: Encoding = diesel::sql_query("SHOW server_encoding").get_result(conn)?;
    if found.server_encoding == "UTF8" {
        return Ok(());
    }
    Err(Error::Refused(format!("the database must have the encoding UTF8, and has {}", found.server_encoding)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::postgres_database;

    #[test]
    fn urls_are_completed() {
        let url = with_defaults("postgres://u:p@h/d?connect_timeout=3");
        assert!(url.starts_with("postgres://u:p@h/d?connect_timeout=3&keepalives_idle=30&"), "{url}");
        assert!(with_defaults("postgres://h").starts_with("postgres://h?connect_timeout=10&"));
    }

    #[test]
    fn errors_do_not_tell_the_password() {
        for url in ["postgres://u:s3cret@[::1/d", "postgres://u:s3cret@127.0.0.1:1/d", "postgres://u:s3cret@h:x/d?a=%"]
        {
            let error = Conn::open(&Target::Postgres(url.into()), Role::Writer).err().unwrap();
            assert!(matches!(error, Error::Connection(_)));
            assert!(!format!("{error} {error:?}").contains("s3cret"), "{error}");
        }
    }

    #[test]
    fn tls_modes_work_or_are_refused_clearly() {
        let Some(url) = postgres_database() else { return };
        assert!(Conn::open(&Target::Postgres(format!("{url}&sslmode=prefer")), Role::Writer).is_ok());
        let refused = Conn::open(&Target::Postgres(format!("{url}&sslmode=nonsense")), Role::Writer).err().unwrap();
        assert!(refused.to_string().contains("sslmode"), "{refused}");
    }
}
