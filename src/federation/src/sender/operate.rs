//! What operators see of sending, and what they can do about it, also while no server runs.

use ruma::ServerName;
use store::{
    Conn, Store,
    federation::{
        destinations::{self, DestinationRow},
        outbox, outgoing,
    },
};

use crate::{Error, Result};

/// Servers of one list.
const PAGE: i64 = 50;
/// Up to so many things that wait are counted.
const COUNTED: i64 = 1_000;

/// A server that something was ever sent to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destination {
    /// Its name.
    pub server: String,
    /// Since when it does not take what it is sent, in milliseconds since 1970; none where it does.
    pub failing_since: Option<i64>,
    /// When it is tried again.
    pub retry_at: Option<i64>,
    /// What went wrong the last time.
    pub error: Option<String>,
    /// How many events wait for it, counted up to 1,000.
    pub events: i64,
    /// How much else waits for it, counted up to 1,000.
    pub edus: i64,
}

/// Some of them by name, those after `after`.
///
/// # Errors
/// What the database says.
pub async fn destinations(store: &Store, after: &str) -> Result<Vec<Destination>> {
    let after = after.to_owned();
    let read = move |conn: &mut Conn, _| -> store::Result<Vec<Destination>> {
        // Everybody else was sent everything up to here.
        let sent = outgoing::sent_upto(conn)?.unwrap_or(0);
        destinations::list(conn, &after, PAGE)?.into_iter().map(|row| waiting(conn, row, sent)).collect()
    };
    Ok(store.slow_snapshot(read).await?)
}

fn waiting(conn: &mut Conn, row: DestinationRow, sent: i64) -> store::Result<Destination> {
    let fails = row.retry_at.is_some();
    let upto = if fails { row.sent_upto } else { row.sent_upto.max(sent) };
    Ok(Destination {
        events: outgoing::count(conn, &row.server, upto, COUNTED)?,
        edus: i64::try_from(outbox::count(conn, &row.server, COUNTED)?).unwrap_or(COUNTED),
        server: row.server,
        failing_since: row.failing_since,
        retry_at: row.retry_at,
        error: row.error.filter(|_| fails),
    })
}

/// Lets a failing server, or all of them, be tried at `now`; gives how many. A running [`super::Sender`] must be told to look.
///
/// # Errors
/// [`Error::NotFound`] for a server that does not fail; what the database says.
pub async fn retry(store: &Store, server: Option<&ServerName>, now: i64) -> Result<usize> {
    let Some(server) = server else {
        return Ok(store.write(move |tx| destinations::retry_all(tx, now)).await?);
    };
    let name = server.to_string();
    let write = move |tx: &mut store::Tx<'_>| {
        let fails = destinations::get(tx.conn(), &name)?.is_some_and(|row| row.retry_at.is_some());
        destinations::retry_now(tx, &name, now)?;
        Ok(fails)
    };
    match store.write(write).await? {
        true => Ok(1),
        false => Err(Error::NotFound(format!("{server} takes what it is sent, as far as is known"))),
    }
}
