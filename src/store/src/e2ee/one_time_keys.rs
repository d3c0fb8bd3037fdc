//! Keys that are given out once each.

use std::collections::BTreeMap;

use diesel::{dsl::count_star, prelude::*};

use crate::{
    Conn, Result, Tx,
    connection::{ROWS_PER_INSERT, both},
    schema::one_time_keys,
};

/// A row of `one_time_keys`.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = one_time_keys, treat_none_as_default_value = false)]
pub struct OneTimeKeyRow {
    /// Whose device.
    pub user_id: String,
    /// Which one.
    pub device_id: String,
    /// The algorithm of the key.
    pub algorithm: String,
    /// When it was uploaded: the smallest goes first.
    pub position: i64,
    /// Its id, unique for device and algorithm.
    pub key_id: String,
    /// The key as JSON, as it was uploaded.
    pub json: String,
}

/// How many keys a device has, by algorithm.
pub fn counts(conn: &mut Conn, user_id: &str, device_id: &str) -> Result<BTreeMap<String, i64>> {
    let of_device = one_time_keys::table
        .filter(one_time_keys::user_id.eq(user_id))
        .filter(one_time_keys::device_id.eq(device_id))
        .group_by(one_time_keys::algorithm);
    let rows: Vec<(String, i64)> = of_device.select((one_time_keys::algorithm, count_star())).load(conn)?;
    Ok(rows.into_iter().collect())
}

/// All keys of a device.
pub fn of_device(conn: &mut Conn, user_id: &str, device_id: &str) -> Result<Vec<OneTimeKeyRow>> {
    let of_device =
        one_time_keys::table.filter(one_time_keys::user_id.eq(user_id)).filter(one_time_keys::device_id.eq(device_id));
    Ok(of_device.select(OneTimeKeyRow::as_select()).load(conn)?)
}

/// Adds keys whose ids the device has not used for others.
pub fn insert(tx: &mut Tx<'_>, rows: &[OneTimeKeyRow]) -> Result<()> {
    for rows in rows.chunks(ROWS_PER_INSERT) {
        both!(tx.conn(), c => diesel::insert_into(one_time_keys::table).values(rows).execute(c))?;
    }
    Ok(())
}

/// Takes the oldest key of a device and algorithm: its id and JSON. Nobody gets it again.
pub fn take(tx: &mut Tx<'_>, user_id: &str, device_id: &str, algorithm: &str) -> Result<Option<(String, String)>> {
    let oldest: Option<OneTimeKeyRow> = one_time_keys::table
        .filter(one_time_keys::user_id.eq(user_id))
        .filter(one_time_keys::device_id.eq(device_id))
        .filter(one_time_keys::algorithm.eq(algorithm))
        .order((one_time_keys::position, one_time_keys::key_id))
        .select(OneTimeKeyRow::as_select())
        .first(tx.conn())
        .optional()?;
    let Some(row) = oldest else { return Ok(None) };
    let taken = one_time_keys::table.find((user_id, device_id, algorithm, row.position, &row.key_id));
    diesel::delete(taken).execute(tx.conn())?;
    Ok(Some((row.key_id, row.json)))
}

/// Deletes all keys of a device.
pub fn delete(tx: &mut Tx<'_>, user_id: &str, device_id: &str) -> Result<()> {
    let of_device =
        one_time_keys::table.filter(one_time_keys::user_id.eq(user_id)).filter(one_time_keys::device_id.eq(device_id));
    diesel::delete(of_device).execute(tx.conn())?;
    Ok(())
}
