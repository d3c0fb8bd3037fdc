//! Forgets what was sent, and what waits for too long.

use diesel::{
    prelude::*,
    sql_types::{BigInt, Text},
};

use super::{destinations, outbox, outgoing};
use crate::{
    Conn, Result, Tx,
    schema::{outbox as boxes, outgoing as events, room_servers},
};

/// Rows that go in one step.
const STEP: i64 = 5_000;

#[derive(QueryableByName)]
struct Full {
    #[diesel(sql_type = Text)]
    server: String,
}

/// Deletes the events that were sent to everybody, and where more than `keep` are left, the oldest of them but for the
/// newest of each room: whoever was away longer learns from that what is missing. Of each outbox the newest `keep_edus`
/// stay. True if there may be more to do.
pub fn prune(tx: &mut Tx<'_>, keep: i64, keep_edus: i64) -> Result<bool> {
    let conn = tx.conn();
    let sent = outgoing::sent_upto(conn)?.unwrap_or(0);
    let floor = destinations::failing(conn)?.0.map_or(sent, |slowest| slowest.min(sent));
    let full = events::table.filter(events::position.le(floor)).order(events::position).offset(STEP - 1);
    let step: Option<i64> = full.select(events::position).first(conn).optional()?;
    diesel::delete(events::table.filter(events::position.le(step.unwrap_or(floor)))).execute(conn)?;
    let old = prune_old(conn, keep)?;
    let first = outgoing::first(conn)?.unwrap_or(i64::MAX);
    diesel::delete(room_servers::table.filter(room_servers::departed.lt(first))).execute(conn)?;
    prune_outboxes(conn, keep_edus)?;
    Ok(step.is_some() || old)
}

fn prune_old(conn: &mut Conn, keep: i64) -> Result<bool> {
    let newest = events::table.order(events::position.desc()).offset(keep).select(events::position);
    let Some(last): Option<i64> = newest.first(conn).optional()? else { return Ok(false) };
    let query = diesel::sql_query(
        "DELETE FROM outgoing WHERE position IN (
            SELECT o.position FROM outgoing o WHERE o.position <= $1
            AND EXISTS (SELECT 1 FROM outgoing n WHERE n.room = o.room AND n.position > o.position)
            ORDER BY o.position LIMIT $2)",
    );
    let gone = query.bind::<BigInt, _>(last).bind::<BigInt, _>(STEP).execute(conn)?;
    Ok(i64::try_from(gone).is_ok_and(|gone| gone >= STEP))
}

fn prune_outboxes(conn: &mut Conn, keep: i64) -> Result<()> {
    let query = diesel::sql_query("SELECT server FROM outbox GROUP BY server HAVING count(*) > $1");
    let full: Vec<Full> = query.bind::<BigInt, _>(keep).load(conn)?;
    for Full { server } in full {
        let of_server = boxes::table.filter(boxes::server.eq(&server)).order(boxes::position.desc()).offset(keep);
        let last: Option<i64> = of_server.select(boxes::position).first(conn).optional()?;
        tracing::info!(server, "too much waits for a server that cannot be reached: the oldest of it is dropped");
        outbox::delete(conn, &server, last.unwrap_or(0))?;
    }
    Ok(())
}
