//! The directory: published rooms, and aliases.

use diesel::prelude::*;

use crate::{
    Conn, Result, Tx,
    rooms::RoomRow,
    schema::{room_aliases, rooms},
};

/// The rooms of these Matrix ids, in no order.
pub fn rooms_by_id(conn: &mut Conn, room_ids: &[String]) -> Result<Vec<RoomRow>> {
    let mut found = Vec::with_capacity(room_ids.len());
    for ids in room_ids.chunks(10_000) {
        found.extend(rooms::table.filter(rooms::room_id.eq_any(ids)).select(RoomRow::as_select()).load(conn)?);
    }
    Ok(found)
}

/// How many rooms are published.
pub fn published_count(conn: &mut Conn) -> Result<i64> {
    Ok(rooms::table.filter(rooms::published).count().get_result(conn)?)
}

/// Published rooms, those with most joined members first, from behind the place (joined members, number) on; with
/// `backward` those before it, the nearest first.
pub fn published_rooms(conn: &mut Conn, from: (i64, i64), backward: bool, limit: i64) -> Result<Vec<RoomRow>> {
    let (joined, nid) = from;
    let query = rooms::table.filter(rooms::published).select(RoomRow::as_select()).limit(limit);
    Ok(if backward {
        query
            .filter(rooms::joined.gt(joined).or(rooms::joined.eq(joined).and(rooms::nid.lt(nid))))
            .order((rooms::joined.asc(), rooms::nid.desc()))
            .load(conn)?
    } else {
        query
            .filter(rooms::joined.lt(joined).or(rooms::joined.eq(joined).and(rooms::nid.gt(nid))))
            .order((rooms::joined.desc(), rooms::nid.asc()))
            .load(conn)?
    })
}

/// Puts a room into the directory, or takes it out.
pub fn publish(tx: &mut Tx<'_>, room: i64, published: bool) -> Result<()> {
    diesel::update(rooms::table.find(room)).set(rooms::published.eq(published)).execute(tx.conn())?;
    Ok(())
}

/// The aliases of a room.
pub fn aliases_of_room(conn: &mut Conn, room: i64) -> Result<Vec<String>> {
    Ok(room_aliases::table.filter(room_aliases::room.eq(room)).select(room_aliases::alias).load(conn)?)
}

/// What became of a new alias.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AliasOutcome {
    /// It points to the room now.
    Created,
    /// It points to some room already.
    Taken,
    /// The room has as many as it may have.
    TooMany,
}

/// Makes an alias unless it exists, or the room has `most` already.
pub fn create_alias(tx: &mut Tx<'_>, alias: &str, room: i64, creator: &str, most: i64) -> Result<AliasOutcome> {
    let conn = tx.conn();
    let taken: i64 = room_aliases::table.filter(room_aliases::alias.eq(alias)).count().get_result(conn)?;
    if taken > 0 {
        return Ok(AliasOutcome::Taken);
    }
    let count: i64 = room_aliases::table.filter(room_aliases::room.eq(room)).count().get_result(conn)?;
    if count >= most {
        return Ok(AliasOutcome::TooMany);
    }
    let row = (room_aliases::alias.eq(alias), room_aliases::room.eq(room), room_aliases::creator.eq(creator));
    diesel::insert_into(room_aliases::table).values(row).execute(conn)?;
    Ok(AliasOutcome::Created)
}

/// Removes an alias. Says whether it was there.
pub fn delete_alias(tx: &mut Tx<'_>, alias: &str) -> Result<bool> {
    Ok(diesel::delete(room_aliases::table.find(alias)).execute(tx.conn())? > 0)
}
