//! Aliases of rooms.

use diesel::prelude::*;

use crate::{Result, Tx, schema::room_aliases};

/// Points every alias of one room to another. Gives how many there were.
pub fn move_aliases(tx: &mut Tx<'_>, from: i64, to: i64) -> Result<usize> {
    let aliases = room_aliases::table.filter(room_aliases::room.eq(from));
    Ok(diesel::update(aliases).set(room_aliases::room.eq(to)).execute(tx.conn())?)
}
