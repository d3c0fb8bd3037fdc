//! One process per database.

use std::{
    fs::{File, TryLockError},
    io,
    path::Path,
    thread,
    time::Duration,
};

use diesel::prelude::*;

use crate::{Conn, Error, Result, Target};

/// The number under which PostgreSQL keeps our lock ("peerbrai" in ASCII).
const ADVISORY_LOCK: i64 = 0x7065_6572_6272_6169;

/// How often a lock is tried. The process before us may be just ending, or PostgreSQL may not have noticed yet that it
/// has; and a child of ours that has yet to become another program holds for a moment what we have let go of.
const ATTEMPTS: usize = 100;
/// How long after each of them.
const PAUSE: Duration = Duration::from_millis(20);

const IN_USE: &str = "the database is in use by another process: only one may run on it at a time";

/// Held as long as the store is open. On PostgreSQL the lock belongs to the writer's connection instead.
pub(crate) struct FileLock {
    _file: Option<File>,
}

impl FileLock {
    /// Takes the lock beside an SQLite database; nothing to do for PostgreSQL.
    pub(crate) fn take(target: &Target) -> Result<Self> {
        let Target::Sqlite(path) = target else { return Ok(Self { _file: None }) };
        // One file has one lock, whatever names lead to it.
        let mut name = path.canonicalize().unwrap_or_else(|_| path.clone()).into_os_string();
        name.push(".lock");
        let file = File::options().create(true).truncate(false).write(true).open(&name).map_err(|error| {
            let text = format!("cannot open {}: {error}", Path::new(&name).display());
            io::Error::new(error.kind(), text)
        })?;
        patiently(|| match file.try_lock() {
            Ok(()) => Ok(()),
            Err(TryLockError::WouldBlock) => Err(Error::InUse(IN_USE.into())),
            Err(TryLockError::Error(error)) => Err(error.into()),
        })?;
        Ok(Self { _file: Some(file) })
    }
}

/// Takes PostgreSQL's advisory lock on the writer's own connection, so that it goes with it.
pub(crate) fn advisory(conn: &mut Conn) -> Result<()> {
    patiently(|| try_advisory(conn))
}

/// Waits a little for whoever is just ending.
fn patiently(mut attempt: impl FnMut() -> Result<()>) -> Result<()> {
    for _ in 1..ATTEMPTS {
        match attempt() {
            Err(Error::InUse(_)) => thread::sleep(PAUSE),
            outcome => return outcome,
        }
    }
    attempt()
}

/// The same without waiting.
pub(crate) fn try_advisory(conn: &mut Conn) -> Result<()> {
    #[derive(QueryableByName)]
    struct Locked {
        #[diesel(sql_type = diesel::sql_types::Bool)]
        locked: bool,
    }
    let Conn::Pg(conn) = conn else { return Ok(()) };
    let query = diesel::sql_query(format!("SELECT pg_try_advisory_lock({ADVISORY_LOCK}) AS locked"));
    let row: Locked = query.get_result(conn)?;
    if row.locked { Ok(()) } else { Err(Error::InUse(IN_USE.into())) }
}
