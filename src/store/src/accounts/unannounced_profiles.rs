//! Whose new name or picture may not have reached all rooms yet.

use diesel::prelude::*;

use crate::{Conn, Result, Tx, connection::both, schema::unannounced_profiles as unannounced};

/// Keeps that the rooms of a user are to be told, until [`announced`].
pub fn note(tx: &mut Tx<'_>, user_id: &str) -> Result<()> {
    let row = (unannounced::user_id.eq(user_id), unannounced::changes.eq(1_i64));
    both!(tx.conn(), c => diesel::insert_into(unannounced::table)
        .values(row)
        .on_conflict(unannounced::user_id)
        .do_update()
        .set(unannounced::changes.eq(unannounced::changes + 1))
        .execute(c))?;
    Ok(())
}

/// How many changes of a user are to be told; none where the rooms know all.
pub fn changes(conn: &mut Conn, user_id: &str) -> Result<Option<i64>> {
    Ok(unannounced::table.find(user_id).select(unannounced::changes).get_result(conn).optional()?)
}

/// Notes that the rooms of a user know all there was when there were so many changes.
pub fn announced(tx: &mut Tx<'_>, user_id: &str, changes: i64) -> Result<()> {
    let told = unannounced::table.find(user_id).filter(unannounced::changes.eq(changes));
    diesel::delete(told).execute(tx.conn())?;
    Ok(())
}

/// Users after this one in the order of their ids, at most `limit`.
pub fn list(conn: &mut Conn, after: &str, limit: i64) -> Result<Vec<String>> {
    let query = unannounced::table.filter(unannounced::user_id.gt(after)).order(unannounced::user_id).limit(limit);
    Ok(query.select(unannounced::user_id).load(conn)?)
}
