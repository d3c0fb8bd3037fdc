//! Servers that could not be asked for lists of devices, and when they are asked again.

use diesel::{prelude::*, upsert::excluded};

use crate::{Conn, Result, Tx, connection::both, schema::device_list_pauses as pauses};

/// How long the pause of a server is, in milliseconds; nothing of one that could be asked.
pub fn get(conn: &mut Conn, server: &str) -> Result<Option<i64>> {
    Ok(pauses::table.find(server).select(pauses::pause).first(conn).optional()?)
}

/// Lets a server alone until a time.
pub fn set(tx: &mut Tx<'_>, server: &str, retry_at: i64, pause: i64) -> Result<()> {
    let row = (pauses::server.eq(server), pauses::retry_at.eq(retry_at), pauses::pause.eq(pause));
    both!(tx.conn(), c => diesel::insert_into(pauses::table)
        .values(row)
        .on_conflict(pauses::server)
        .do_update()
        .set((pauses::retry_at.eq(excluded(pauses::retry_at)), pauses::pause.eq(excluded(pauses::pause))))
        .execute(c))?;
    Ok(())
}

/// Lets a server be asked at once.
pub fn end(tx: &mut Tx<'_>, server: &str) -> Result<()> {
    diesel::delete(pauses::table.find(server)).execute(tx.conn())?;
    Ok(())
}

/// The servers that are let alone, and until when.
pub fn list(conn: &mut Conn) -> Result<Vec<(String, i64)>> {
    Ok(pauses::table.select((pauses::server, pauses::retry_at)).load(conn)?)
}
