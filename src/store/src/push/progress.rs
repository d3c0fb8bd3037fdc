//! How far the pushers have delivered: one position for all that keep up, and one of its own for each that does not.

use diesel::prelude::*;

use crate::{
    Conn, Result, Tx,
    connection::both,
    schema::{push_progress, pushers},
};

/// A change of one pusher's row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PusherPlace {
    /// User, app, pushkey.
    pub key: (String, String, String),
    /// All up to this position is delivered.
    pub position: i64,
    /// Whether it no longer keeps up with the others.
    pub behind: bool,
}

/// Up to where every pusher has delivered that is not behind.
pub fn push_progress(conn: &mut Conn) -> Result<i64> {
    Ok(push_progress::table.find(1).select(push_progress::position).get_result(conn).optional()?.unwrap_or(0))
}

/// Notes how far the pushers are, and what changed of single ones.
pub fn set_push_progress(tx: &mut Tx<'_>, position: i64, changed: &[PusherPlace]) -> Result<()> {
    let row = (push_progress::id.eq(1_i64), push_progress::position.eq(position));
    both!(tx.conn(), c => diesel::insert_into(push_progress::table)
        .values(row)
        .on_conflict(push_progress::id)
        .do_update()
        .set(push_progress::position.eq(position))
        .execute(c))?;
    for PusherPlace { key: (user, app, key), position, behind } in changed {
        diesel::update(pushers::table.find((user, app, key)))
            .set((pushers::position.eq(position), pushers::behind.eq(behind)))
            .execute(tx.conn())?;
    }
    Ok(())
}
