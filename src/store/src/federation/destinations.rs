//! Servers to which something was ever sent: how far, and which of them do not take it.

use diesel::{dsl::min, prelude::*, upsert::excluded};

use super::outbox;
use crate::{
    Conn, Result, Tx,
    connection::{ROWS_PER_INSERT, both},
    schema::destinations,
};

/// A row of `destinations`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = destinations, primary_key(server), treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct DestinationRow {
    /// Its name.
    pub server: String,
    /// What goes out was sent to it up to this position.
    pub sent_upto: i64,
    /// Since when it fails, in milliseconds since 1970.
    pub failing_since: Option<i64>,
    /// When it is tried again; none of one that does not fail.
    pub retry_at: Option<i64>,
    /// How long that pause is, in milliseconds.
    pub pause: i64,
    /// What went wrong the last time.
    pub error: Option<String>,
    /// Where a transaction must be repeated: the position up to which it has events
    pub txn_events: i64,
    /// and that up to which it has rows of the outbox.
    pub txn_outbox: i64,
}

/// What a server has taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// Its name.
    pub server: String,
    /// Of the events, those up to this position.
    pub events: i64,
    /// Of its outbox, what is there up to this position.
    pub outbox: i64,
}

/// What is known of a server.
pub fn get(conn: &mut Conn, server: &str) -> Result<Option<DestinationRow>> {
    Ok(destinations::table.find(server).select(DestinationRow::as_select()).get_result(conn).optional()?)
}

/// Some of the servers, by name, after the one of this name.
pub fn list(conn: &mut Conn, after: &str, most: i64) -> Result<Vec<DestinationRow>> {
    let query = destinations::table.filter(destinations::server.gt(after)).order(destinations::server).limit(most);
    Ok(query.select(DestinationRow::as_select()).load(conn)?)
}

/// The failing servers whose time has come, those that have waited for longest first.
pub fn to_retry(conn: &mut Conn, now: i64, most: i64) -> Result<Vec<String>> {
    let query = destinations::table.filter(destinations::retry_at.le(now)).order(destinations::retry_at).limit(most);
    Ok(query.select(destinations::server).load(conn)?)
}

/// When the next failing server is to be tried after `now`.
pub fn next_retry(conn: &mut Conn, now: i64) -> Result<Option<i64>> {
    let query = destinations::table.filter(destinations::retry_at.gt(now)).order(destinations::retry_at).limit(1);
    Ok(query.select(destinations::retry_at).first::<Option<i64>>(conn).optional()?.flatten())
}

/// The lowest position at which a failing server stands, and how many of them there are.
pub fn failing(conn: &mut Conn) -> Result<(Option<i64>, i64)> {
    let query = destinations::table.filter(destinations::retry_at.is_not_null());
    Ok(query.select((min(destinations::sent_upto), diesel::dsl::count_star())).get_result(conn)?)
}

/// Notes what servers have taken, each once.
pub fn taken(tx: &mut Tx<'_>, taken: &[Taken]) -> Result<()> {
    let row = |taken: &Taken| {
        (
            destinations::server.eq(taken.server.clone()),
            destinations::sent_upto.eq(taken.events),
            destinations::pause.eq(0),
            destinations::txn_events.eq(0),
            destinations::txn_outbox.eq(0),
        )
    };
    let rows: Vec<_> = taken.iter().map(row).collect();
    for rows in rows.chunks(ROWS_PER_INSERT) {
        both!(tx.conn(), c => diesel::insert_into(destinations::table)
            .values(rows)
            .on_conflict(destinations::server)
            .do_update()
            .set(destinations::sent_upto.eq(excluded(destinations::sent_upto)))
            .execute(c))?;
    }
    for taken in taken.iter().filter(|taken| taken.outbox > 0) {
        outbox::delete(tx.conn(), &taken.server, taken.outbox)?;
    }
    Ok(())
}

/// Writes all that is known of a server, and deletes of its outbox what it has taken up to a position.
pub fn set(tx: &mut Tx<'_>, row: &DestinationRow, outbox_upto: i64) -> Result<()> {
    both!(tx.conn(), c => diesel::insert_into(destinations::table)
        .values(row)
        .on_conflict(destinations::server)
        .do_update()
        .set(row)
        .execute(c))?;
    outbox::delete(tx.conn(), &row.server, outbox_upto)
}

/// Lets a failing server be tried at once, before all others whose time has come: of those there may be many that are gone
/// for ever.
pub fn retry_now(tx: &mut Tx<'_>, server: &str, now: i64) -> Result<bool> {
    let failing = destinations::table.find(server).filter(destinations::retry_at.gt(now));
    Ok(diesel::update(failing).set(destinations::retry_at.eq(0)).execute(tx.conn())? > 0)
}

/// Lets all failing servers be tried at once; gives how many are.
pub fn retry_all(tx: &mut Tx<'_>, now: i64) -> Result<usize> {
    let failing = destinations::table.filter(destinations::retry_at.is_not_null());
    let earlier = destinations::table.filter(destinations::retry_at.gt(now));
    diesel::update(earlier).set(destinations::retry_at.eq(now)).execute(tx.conn())?;
    Ok(usize::try_from(failing.count().get_result::<i64>(tx.conn())?).unwrap_or_default())
}
