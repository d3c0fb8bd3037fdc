//! Stored filters.

use diesel::{
    dsl::{count_star, max, min},
    prelude::*,
};

use crate::{Conn, Result, Tx, schema::filters};

/// A filter as canonical JSON.
pub fn get(conn: &mut Conn, user_id: &str, filter_id: i64) -> Result<Option<String>> {
    Ok(filters::table.find((user_id, filter_id)).select(filters::json).get_result(conn).optional()?)
}

/// The id of the filter of this hash.
pub fn id_of(conn: &mut Conn, user_id: &str, hash: &[u8]) -> Result<Option<i64>> {
    let query = filters::table.filter(filters::user_id.eq(user_id)).filter(filters::hash.eq(hash));
    Ok(query.select(filters::filter_id).first(conn).optional()?)
}

/// Stores a filter, or finds the same one, and gives its id. Where the user has `most` already, the oldest goes.
pub fn insert(tx: &mut Tx<'_>, user_id: &str, hash: &[u8], json: &str, most: i64) -> Result<i64> {
    let conn = tx.conn();
    if let Some(known) = id_of(conn, user_id, hash)? {
        return Ok(known);
    }
    let of_user = filters::table.filter(filters::user_id.eq(user_id));
    let newest: Option<i64> = of_user.select(max(filters::filter_id)).get_result(conn)?;
    let stored: i64 = of_user.select(count_star()).get_result(conn)?;
    if stored >= most {
        let oldest: Option<i64> = of_user.select(min(filters::filter_id)).get_result(conn)?;
        diesel::delete(filters::table.find((user_id, oldest.unwrap_or_default()))).execute(conn)?;
    }
    let filter_id = newest.unwrap_or(0) + 1;
    let row = (
        filters::user_id.eq(user_id),
        filters::filter_id.eq(filter_id),
        filters::hash.eq(hash),
        filters::json.eq(json),
    );
    diesel::insert_into(filters::table).values(row).execute(conn)?;
    Ok(filter_id)
}
