//! One transaction: clock locked, jobs run, clock and log written, committed.

use diesel::{connection::SimpleConnection, prelude::*};

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

/// Runs all jobs in one transaction. An error means that nothing was written.
pub(crate) fn run(conn: &mut Conn, jobs: &mut [Job]) -> Result<(Vec<Outcome>, Committed)> {
    conn.batch_execute(match conn {
        Conn::Pg(_) => "BEGIN",
        Conn::Sqlite(_) => "BEGIN IMMEDIATE",
    })?;
    let work = run_inside(conn, jobs);
    match work {
        Ok(done) => {
            // Nothing was acknowledged yet: an error here, too, means that the caller does not know.
            commit(conn)?;
            Ok(done)
        }
        Err(error) => {
            // The connection may be gone; then there is nothing to roll back.
            let _ = conn.batch_execute("ROLLBACK");
            Err(error)
        }
    }
}

fn commit(conn: &mut Conn) -> Result<()> {
    if let Err(error) = conn.batch_execute("COMMIT") {
        let _ = conn.batch_execute("ROLLBACK");
        return Err(error.into());
    }
    Ok(())
}

fn run_inside(conn: &mut Conn, jobs: &mut [Job]) -> Result<(Vec<Outcome>, Committed)> {
    let (position, backfilled) = lock_clock(conn)?;
    let mut clock = Clock { position, backfilled, entries: Vec::new() };
    let mut committed = Committed { position, entries: Vec::new(), events: Vec::new(), redacted: Vec::new() };
    let mut outcomes: Vec<Option<Outcome>> = jobs.iter().map(|_| None).collect();

    // The appends go first, merged into one statement per table; they depend on nothing that the closures do.
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
    Ok((outcomes, committed))
}

/// Locks the clock's row until the commit, so that the order of commits is the order of positions.
fn lock_clock(conn: &mut Conn) -> Result<(i64, i64)> {
    let query = clock::table.find(1).select((clock::position, clock::backfilled));
    Ok(match conn {
        Conn::Pg(conn) => query.for_update().first(conn)?,
        Conn::Sqlite(conn) => query.first(conn)?,
    })
}
