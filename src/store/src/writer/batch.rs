//! One transaction: clock locked, jobs run, clock and log written, committed.

use diesel::{connection::SimpleConnection, dsl::sql, prelude::*, sql_types::BigInt};

use crate::{
    Committed, Conn, Error, Result, Tx, log,
    rooms::{Appended, append},
    schema::clock,
    tx::Clock,
    writer::Job,
};

/// What became of one job inside a transaction that was committed.
pub(crate) enum Outcome {
    /// A closure ran; its value is inside the job.
    Written,
    /// An append was written, or found to be stale.
    Appended(Result<Appended>),
}

/// What became of a transaction.
pub(crate) struct Done {
    /// One for each job.
    pub outcomes: Vec<Outcome>,
    /// What the observers are told.
    pub committed: Committed,
    /// PostgreSQL's number of the transaction.
    pub number: Option<i64>,
}

/// Why a transaction was not written, or may not have been.
pub(crate) enum Failure {
    /// None of the jobs has run: the database does not let us write now.
    NotBegun(String),
    /// It was rolled back, and the connection is as good as before.
    RolledBack(Error),
    /// The connection is gone, and the transaction with it.
    Lost(Error),
    /// The connection went away during the commit: nobody knows yet.
    Unconfirmed(Box<Done>),
    /// The same, and nobody can be asked now.
    Unknown,
}

/// Runs all jobs in one transaction.
pub(crate) fn run(conn: &mut Conn, jobs: &mut [Job]) -> Result<Done, Failure> {
    #[cfg(feature = "sabotage")]
    super::sabotage::commit_late(conn);
    let begin = match conn {
        Conn::Pg(_) => "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE",
        Conn::Sqlite(_) => "BEGIN IMMEDIATE",
    };
    if let Err(error) = conn.batch_execute(begin) {
        return Err(match roll_back(conn, error.into()) {
            Failure::RolledBack(error) => Failure::NotBegun(error.to_string()),
            lost => lost,
        });
    }
    let done = match run_inside(conn, jobs) {
        Ok(done) => done,
        Err(error) => return Err(roll_back(conn, error)),
    };
    #[cfg(feature = "sabotage")]
    if super::sabotage::answers_early() {
        return Ok(done);
    }
    let commit = match conn {
        // A closure may have kept an error to itself. PostgreSQL answers a COMMIT after that with "fine, rolled back",
        // but any other statement with an error, which keeps the COMMIT from being run.
        Conn::Pg(_) => "SELECT 1; COMMIT",
        Conn::Sqlite(_) => "COMMIT",
    };
    match conn.batch_execute(commit) {
        Ok(()) => Ok(done),
        Err(error) => Err(match roll_back(conn, error.into()) {
            Failure::Lost(_) if done.number.is_some() => Failure::Unconfirmed(Box::new(done)),
            failure => failure,
        }),
    }
}

/// Ends what is left of a transaction after an error. Whether that works tells what is left of the connection.
fn roll_back(conn: &mut Conn, error: Error) -> Failure {
    match (conn.batch_execute("ROLLBACK"), conn) {
        (Ok(()), _) => Failure::RolledBack(error),
        // After some errors SQLite has rolled back by itself.
        (Err(already), Conn::Sqlite(_)) if already.to_string().contains("no transaction is active") => {
            Failure::RolledBack(error)
        }
        (Err(_), _) => Failure::Lost(error),
    }
}

fn run_inside(conn: &mut Conn, jobs: &mut [Job]) -> Result<Done> {
    let (position, backfilled, number) = lock_clock(conn)?;
    let mut clock = Clock { position, backfilled, entries: Vec::new() };
    let mut committed = Committed { position, ..Committed::default() };
    let mut outcomes: Vec<Option<Outcome>> = jobs.iter().map(|_| None).collect();

    // The appends go first, merged, table by table; they depend on nothing that the closures do.
    let appends: Vec<(usize, &append::Append)> = jobs
        .iter()
        .enumerate()
        .filter_map(|(i, job)| match job {
            Job::Append(job) => Some((i, &job.append)),
            Job::Write(_) | Job::Stop => None,
        })
        .collect();
    if !appends.is_empty() {
        let values: Vec<&append::Append> = appends.iter().map(|(_, append)| *append).collect();
        let results = append::run(&mut Tx::new(conn, &mut clock), &values, &mut committed)?;
        let indexes: Vec<usize> = appends.iter().map(|(i, _)| *i).collect();
        for (i, result) in indexes.into_iter().zip(results) {
            if let Some(slot) = outcomes.get_mut(i) {
                *slot = Some(Outcome::Appended(result));
            }
        }
    }
    for (job, slot) in jobs.iter_mut().zip(&mut outcomes) {
        if let Job::Write(job) = job {
            job.run(&mut Tx::new(conn, &mut clock))?;
            *slot = Some(Outcome::Written);
        }
    }

    if clock.position != position || clock.backfilled != backfilled {
        diesel::update(clock::table.find(1))
            .set((clock::position.eq(clock.position), clock::backfilled.eq(clock.backfilled)))
            .execute(conn)?;
        log::insert(conn, &clock.entries)?;
    }
    committed.position = clock.position;
    committed.entries = clock.entries;
    let outcomes = outcomes.into_iter().collect::<Option<Vec<_>>>().ok_or(Error::Closed)?;
    Ok(Done { outcomes, committed, number })
}

/// Locks the clock's row until the commit, so that the order of commits is the order of positions.
fn lock_clock(conn: &mut Conn) -> Result<(i64, i64, Option<i64>)> {
    let row = clock::table.find(1);
    Ok(match conn {
        Conn::Pg(conn) => {
            let number = sql::<BigInt>("txid_current()");
            let query = row.select((clock::position, clock::backfilled, number)).for_update();
            let (position, backfilled, number): (i64, i64, i64) = query.get_result(conn)?;
            (position, backfilled, Some(number))
        }
        Conn::Sqlite(conn) => {
            let (position, backfilled): (i64, i64) =
                row.select((clock::position, clock::backfilled)).get_result(conn)?;
            (position, backfilled, None)
        }
    })
}

/// Whether PostgreSQL has committed the transaction of this number. None where it still runs or is forgotten.
pub(crate) fn was_committed(conn: &mut Conn, number: i64) -> Result<Option<bool>> {
    #[derive(QueryableByName)]
    struct Status {
        #[diesel(sql_type = diesel::sql_types::Nullable<diesel::sql_types::Text>)]
        status: Option<String>,
    }
    // A crash may have taken back the numbers given last: what PostgreSQL has not heard of was not committed.
    let query = "SELECT CASE WHEN $1 < txid_snapshot_xmax(txid_current_snapshot()) THEN txid_status($1)
                 ELSE 'aborted' END AS status";
    let found: Status = diesel::sql_query(query).bind::<BigInt, _>(number).get_result(conn)?;
    Ok(match found.status.as_deref() {
        Some("committed") => Some(true),
        Some("aborted") => Some(false),
        _ => None,
    })
}
