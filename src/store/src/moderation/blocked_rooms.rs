//! Rooms that nobody of this server may enter.

use diesel::prelude::*;

use crate::{Conn, Result, Tx, connection::both, schema::blocked_rooms};

/// Blocks a room, whether or not it is known here.
pub fn block(tx: &mut Tx<'_>, room_id: &str, now: i64) -> Result<()> {
    let row = (blocked_rooms::room_id.eq(room_id), blocked_rooms::blocked_at.eq(now));
    both!(tx.conn(), c => diesel::insert_into(blocked_rooms::table)
        .values(row)
        .on_conflict_do_nothing()
        .execute(c))?;
    Ok(())
}

/// Ends that. False where it was not blocked.
pub fn unblock(tx: &mut Tx<'_>, room_id: &str) -> Result<bool> {
    Ok(diesel::delete(blocked_rooms::table.find(room_id)).execute(tx.conn())? == 1)
}

/// Whether a room is blocked.
pub fn is_blocked(conn: &mut Conn, room_id: &str) -> Result<bool> {
    let row = blocked_rooms::table.find(room_id).select(blocked_rooms::room_id);
    Ok(row.get_result::<String>(conn).optional()?.is_some())
}

/// Those of these rooms that are blocked.
pub fn blocked(conn: &mut Conn, room_ids: &[String]) -> Result<Vec<String>> {
    let query = blocked_rooms::table.filter(blocked_rooms::room_id.eq_any(room_ids));
    Ok(query.select(blocked_rooms::room_id).load(conn)?)
}
