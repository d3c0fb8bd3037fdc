//! Keeps SQLite's write-ahead log short.
//!
//! SQLite moves the log into the database by itself, but starts it anew only at a moment without readers, which a busy
//! server may never have.

use std::{fs, path::PathBuf};

use diesel::connection::SimpleConnection;

use crate::{Conn, Result, Target};

/// A log longer than this, in bytes, is one that SQLite does not get to start anew.
const LONG: u64 = 64 * 1024 * 1024;

/// How much it must grow, in bytes, before the next attempt.
const STEP: u64 = 16 * 1024 * 1024;

/// How many transactions pass between two looks at its length.
const EVERY: u32 = 64;

/// Watches the length of the log.
pub(crate) struct Wal {
    path: Option<PathBuf>,
    until_look: u32,
    bound: u64,
}

impl Wal {
    pub(crate) fn new(target: &Target) -> Self {
        let path = match target {
            Target::Sqlite(path) => {
                let mut name = path.clone().into_os_string();
                name.push("-wal");
                Some(PathBuf::from(name))
            }
            Target::Postgres(_) => None,
        };
        Self { path, until_look: EVERY, bound: LONG }
    }

    /// To be called after each transaction, outside of it.
    pub(crate) fn watch(&mut self, conn: &mut Conn) {
        let Some(path) = &self.path else { return };
        self.until_look = self.until_look.saturating_sub(1);
        if self.until_look > 0 {
            return;
        }
        self.until_look = EVERY;
        let length = |path| fs::metadata(path).map_or(0, |file| file.len());
        let now = length(path);
        if now <= LONG {
            self.bound = LONG;
        }
        if now <= self.bound {
            return;
        }
        if let Err(error) = start_anew(conn) {
            tracing::warn!(%error, "could not start the write-ahead log anew");
        }
        let left = length(path);
        self.bound = if left <= LONG { LONG } else { left + STEP };
    }
}

/// Waits, shortly, for the readers that still need the log, and empties it. New readers do not need it meanwhile.
fn start_anew(conn: &mut Conn) -> Result<()> {
    let emptied = conn.batch_execute("PRAGMA busy_timeout = 200; PRAGMA wal_checkpoint(TRUNCATE)");
    conn.batch_execute("PRAGMA busy_timeout = 10000")?;
    Ok(emptied?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{connection::Role, testing::Database};

    fn grow(conn: &mut Conn, wal: &mut Wal) {
        for _ in 0..EVERY {
            conn.batch_execute("INSERT INTO t VALUES (randomblob(400000))").unwrap();
            wal.watch(conn);
        }
    }

    #[test]
    fn readers_that_overlap_do_not_let_it_grow() {
        let database = Database::sqlite();
        let mut conn = Conn::open(&database.target, Role::Writer).unwrap();
        conn.batch_execute("CREATE TABLE t (x BLOB)").unwrap();
        let mut wal = Wal::new(&database.target);
        let path = wal.path.clone().unwrap();
        let mut reader = Conn::open(&database.target, Role::Reader).unwrap();
        // Held all the time: the log grows, and writing goes on.
        reader.batch_execute("BEGIN; SELECT count(*) FROM t").unwrap();
        for _ in 0..4 {
            grow(&mut conn, &mut wal);
        }
        assert!(fs::metadata(&path).unwrap().len() > LONG);
        assert!(wal.bound > LONG);
        // A new reader comes before the old one goes: without a gap, but the newest state needs no log.
        let mut other = Conn::open(&database.target, Role::Reader).unwrap();
        other.batch_execute("BEGIN; SELECT count(*) FROM t").unwrap();
        reader.batch_execute("COMMIT; BEGIN; SELECT count(*) FROM t").unwrap();
        other.batch_execute("COMMIT").unwrap();
        grow(&mut conn, &mut wal);
        reader.batch_execute("COMMIT").unwrap();
        grow(&mut conn, &mut wal);
        assert!(fs::metadata(&path).unwrap().len() <= LONG, "{}", fs::metadata(&path).unwrap().len());
        assert_eq!(wal.bound, LONG);
    }
}
