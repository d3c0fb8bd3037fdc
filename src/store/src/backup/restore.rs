//! Filling an empty database from a backup.

use std::io::BufRead;

use diesel::{connection::SimpleConnection, prelude::*, sql_types::Text};

use crate::{
    Conn, Error, Result, Target,
    backup::{
        ContentFiles, Header, POSITIONS_PER_MS, POSITIONS_SKIPPED,
        catalog::{self, Table},
        content_files::Restoring,
        format::{Line, damaged},
        read::{Item, walk},
    },
    connection::Role,
    lock::{self, FileLock},
    meta, migrate,
    schema::clock,
};

/// Bytes of rows that go into one statement.
const BATCH_BYTES: usize = 1_048_576;
/// Those that were claimed after the backup was made would be given out twice, so all of them go; clients upload others.
const ONE_TIME_KEYS: &str = "one_time_keys";
/// A device that uploads the same keys once more is told that they are taken, and they are not given out.
const CLAIMED_KEYS: &str = "claimed_one_time_keys";

/// Fills the empty database at `target` from a backup of either kind, and moves the clock past every position that the
/// backed-up server can have given out, and any that was restored from the same backup before `now_ms`. All or nothing, but
/// for contents that `files` keeps: those that no row needs do no harm. Blocks. [`super::verify`] the backup first: it is
/// quicker.
///
/// # Errors
/// [`Error::Refused`] for a database that is not empty, or a backup that is damaged or of a newer program;
/// [`Error::InUse`] while a server runs on the database.
pub fn restore(target: &Target, files: &dyn ContentFiles, now_ms: i64, input: impl BufRead) -> Result<Header> {
    let _lock = FileLock::take(target)?;
    restore_into(&mut Conn::open(target, Role::Writer)?, files, now_ms, input)
}

pub(super) fn restore_into(
    conn: &mut Conn,
    files: &dyn ContentFiles,
    now_ms: i64,
    input: impl BufRead,
) -> Result<Header> {
    conn.be_patient()?;
    lock::advisory(conn)?;
    refuse_used(conn)?;
    let mut filling = None;
    let outcome = walk(input, |header, item| {
        let filling = match &mut filling {
            Some(filling) => filling,
            none => none.insert(Filling::begin(conn, files, header)?),
        };
        filling.take(conn, item)
    });
    let filling = filling.ok_or_else(|| damaged("it holds nothing"));
    let finished = outcome.and_then(|header| filling?.finish(conn, now_ms).map(|()| header));
    conn.batch_execute(if finished.is_ok() { "COMMIT" } else { "ROLLBACK" }).or_else(|error| match &finished {
        Ok(_) => Err(error),
        // What went wrong before says more; an open transaction ends with its connection.
        Err(_) => Ok(()),
    })?;
    let header = finished?;
    migrate::run(conn)?;
    if let Conn::Pg(conn) = conn {
        conn.batch_execute("ANALYZE")?;
    }
    Ok(header)
}

/// A database has been used as soon as it knows its server's name.
fn refuse_used(conn: &mut Conn) -> Result<()> {
    let tables = catalog::tables(conn)?;
    let has_meta = tables.iter().any(|table| table.name == "meta");
    let unused = tables.is_empty() || has_meta && meta::get(conn, "server_name")?.is_none();
    if unused { Ok(()) } else { Err(Error::Refused("the database is not empty: a restore needs a new one".into())) }
}

/// A restore under way, in an open transaction.
struct Filling<'a> {
    sqlite: bool,
    tables: Vec<Table>,
    /// How the rows of the current table are inserted; none while a file goes by.
    insert: Option<String>,
    /// Rows that wait for it, as the inside of a JSON array, and how many.
    batch: String,
    rows: usize,
    /// Whether contents go by.
    in_contents: bool,
    contents: Restoring<'a>,
}

impl<'a> Filling<'a> {
    /// Makes the tables as they were at the time of the backup, and empties what migrations wrote into them.
    fn begin(conn: &mut Conn, files: &'a dyn ContentFiles, header: &Header) -> Result<Self> {
        migrate::run_until(conn, &header.step)?;
        let tables = catalog::tables(conn)?;
        let sqlite = matches!(conn, Conn::Sqlite(_));
        conn.batch_execute(if sqlite { "BEGIN IMMEDIATE" } else { "BEGIN" })?;
        for table in &tables {
            conn.batch_execute(&format!("DELETE FROM \"{}\"", table.name))?;
        }
        let contents = Restoring::new(files);
        Ok(Self { sqlite, tables, insert: None, batch: String::new(), rows: 0, in_contents: false, contents })
    }

    fn take(&mut self, conn: &mut Conn, item: Item<'_>) -> Result<()> {
        match item {
            Item::Begin(line) => {
                self.flush(conn)?;
                self.contents.finish()?;
                self.in_contents = matches!(line, Line::Contents { .. });
                self.insert = match line {
                    Line::Table { table, columns } => Some(self.insert(table, columns)?),
                    _ => None,
                };
            }
            Item::Row(row) if self.in_contents => self.contents.row(row)?,
            Item::Row(_) if self.insert.is_none() => {}
            Item::Row(row) => {
                self.batch.push(if self.rows == 0 { '[' } else { ',' });
                self.batch.push_str(row);
                self.rows += 1;
                if self.batch.len() >= BATCH_BYTES {
                    self.flush(conn)?;
                }
            }
        }
        Ok(())
    }

    fn insert(&self, name: &str, columns: &[String]) -> Result<String> {
        let table = self.tables.iter().find(|table| table.name == name);
        table.ok_or_else(|| damaged(&format!("nobody knows its table {name}")))?.insert(columns, self.sqlite)
    }

    fn flush(&mut self, conn: &mut Conn) -> Result<()> {
        let (Some(insert), true) = (&self.insert, self.rows > 0) else { return Ok(()) };
        self.batch.push(']');
        let inserted = diesel::sql_query(insert).bind::<Text, _>(&self.batch).execute(conn)?;
        if inserted != self.rows {
            return Err(damaged("not all of its rows could be inserted"));
        }
        self.batch.clear();
        self.rows = 0;
        Ok(())
    }

    /// Writes what waits and moves the clock.
    fn finish(mut self, conn: &mut Conn, now_ms: i64) -> Result<()> {
        self.flush(conn)?;
        self.contents.finish()?;
        let has = |name: &str| self.tables.iter().any(|table| table.name == name);
        if has(ONE_TIME_KEYS) && has(CLAIMED_KEYS) {
            conn.batch_execute(&format!(
                "INSERT INTO {CLAIMED_KEYS} (user_id, device_id, algorithm, key_id, json)
                 SELECT user_id, device_id, algorithm, key_id, json FROM {ONE_TIME_KEYS} WHERE TRUE
                 ON CONFLICT DO NOTHING"
            ))?;
        }
        if has(ONE_TIME_KEYS) {
            conn.batch_execute(&format!("DELETE FROM {ONE_TIME_KEYS}"))?;
        }
        let row = clock::table.find(1).select((clock::position, clock::backfilled));
        let found: Option<(i64, i64)> = row.get_result(conn).optional()?;
        let Some((position, backfilled)) = found else { return Err(damaged("it has no clock")) };
        // By the time, for the same backup may have been restored before: no server gives out positions as fast. Only where
        // the time is wrong it is a leap.
        let by_time = now_ms.saturating_mul(POSITIONS_PER_MS);
        let moved = (
            clock::position.eq(if by_time > position { by_time } else { position + POSITIONS_SKIPPED }),
            clock::backfilled.eq(if -by_time < backfilled { -by_time } else { backfilled - POSITIONS_SKIPPED }),
        );
        diesel::update(clock::table.find(1)).set(moved).execute(conn)?;
        Ok(())
    }
}
