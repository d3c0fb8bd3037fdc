//! Looks rooms up.

use diesel::prelude::*;

use crate::{
    Conn, Result,
    connection::both,
    rooms::RoomRow,
    schema::{room_aliases, rooms},
};

/// The room of this Matrix id.
pub fn room_by_id(conn: &mut Conn, room_id: &str) -> Result<Option<RoomRow>> {
    let room = rooms::table.filter(rooms::room_id.eq(room_id));
    Ok(both!(conn, c => room.select(RoomRow::as_select()).get_result(c)).optional()?)
}

/// The rooms of these numbers, in no order.
pub fn rooms_by_nid(conn: &mut Conn, nids: &[i64]) -> Result<Vec<RoomRow>> {
    Ok(rooms::table.filter(rooms::nid.eq_any(nids)).select(RoomRow::as_select()).load(conn)?)
}

/// The room of this number.
pub fn room_by_nid(conn: &mut Conn, nid: i64) -> Result<Option<RoomRow>> {
    Ok(rooms::table.find(nid).select(RoomRow::as_select()).get_result(conn).optional()?)
}

/// The room an alias points to, and who made the alias.
pub fn room_by_alias(conn: &mut Conn, alias: &str) -> Result<Option<(RoomRow, String)>> {
    let Some((nid, creator)) = room_aliases::table
        .find(alias)
        .select((room_aliases::room, room_aliases::creator))
        .get_result::<(i64, String)>(conn)
        .optional()?
    else {
        return Ok(None);
    };
    Ok(room_by_nid(conn, nid)?.map(|room| (room, creator)))
}
