//! What single servers are to be sent beside events: messages to devices, changes of device lists.

use diesel::{
    prelude::*,
    sql_types::{BigInt, Text},
};

use crate::{Conn, LogKind, Result, Tx, schema::outbox};

#[derive(QueryableByName)]
struct Server {
    #[diesel(sql_type = Text)]
    server: String,
}

/// Puts an EDU (a JSON object with `edu_type` and `content`) into the outbox of another server. It is sent, in the order in
/// which this was called, when the write is committed, and until then it is sure to be sent later. Gives its position.
pub fn push(tx: &mut Tx<'_>, server: &str, edu: &str) -> Result<i64> {
    let position = tx.log(LogKind::Outbox, None, Some(server), None);
    let row = (outbox::server.eq(server), outbox::position.eq(position), outbox::edu.eq(edu));
    diesel::insert_into(outbox::table).values(row).execute(tx.conn())?;
    Ok(position)
}

/// The first EDUs that wait for a server after a position and up to another, with their positions.
pub fn waiting(conn: &mut Conn, server: &str, (after, upto): (i64, i64), most: i64) -> Result<Vec<(i64, String)>> {
    let query = outbox::table
        .filter(outbox::server.eq(server))
        .filter(outbox::position.gt(after))
        .filter(outbox::position.le(upto))
        .order(outbox::position)
        .limit(most);
    Ok(query.select((outbox::position, outbox::edu)).load(conn)?)
}

/// How many EDUs wait for a server, counted up to `most`.
pub fn count(conn: &mut Conn, server: &str, most: i64) -> Result<usize> {
    let query = outbox::table.filter(outbox::server.eq(server)).order(outbox::position).limit(most);
    Ok(query.select(outbox::position).load::<i64>(conn)?.len())
}

/// The servers into whose outboxes something was put after a position and up to another, without those that fail.
pub fn servers(conn: &mut Conn, after: i64, upto: i64) -> Result<Vec<String>> {
    let query = diesel::sql_query(
        "SELECT DISTINCT o.server AS server FROM outbox o WHERE o.position > $1 AND o.position <= $2
         AND NOT EXISTS (SELECT 1 FROM destinations d WHERE d.server = o.server AND d.retry_at IS NOT NULL)",
    );
    let found: Vec<Server> = query.bind::<BigInt, _>(after).bind::<BigInt, _>(upto).load(conn)?;
    Ok(found.into_iter().map(|row| row.server).collect())
}

/// Deletes what a server has taken: what waits for it up to a position.
pub fn delete(conn: &mut Conn, server: &str, upto: i64) -> Result<()> {
    let taken = outbox::table.filter(outbox::server.eq(server)).filter(outbox::position.le(upto));
    diesel::delete(taken).execute(conn)?;
    Ok(())
}
