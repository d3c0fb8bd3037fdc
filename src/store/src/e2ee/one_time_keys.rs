//! Keys that are given out once each.

use std::collections::BTreeMap;

use diesel::{dsl::count_star, prelude::*, sql_types::Text, upsert::excluded};

use crate::{
    Conn, Result, Tx,
    connection::{both, insert_all},
    schema::{claimed_one_time_keys, one_time_keys},
};

/// A row of `one_time_keys`.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, QueryableByName, Selectable, Insertable)]
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

/// A row of `claimed_one_time_keys`: a key that was given out.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = claimed_one_time_keys, treat_none_as_default_value = false)]
pub struct ClaimedRow {
    /// Whose device.
    pub user_id: String,
    /// Which one.
    pub device_id: String,
    /// The algorithm of the key.
    pub algorithm: String,
    /// Its id.
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

/// Which of these devices of these users have keys, and of which algorithms: (user, device, algorithm).
pub fn places(conn: &mut Conn, users: &[&str], devices: &[&str]) -> Result<Vec<(String, String, String)>> {
    let found = one_time_keys::table
        .filter(one_time_keys::user_id.eq_any(users))
        .filter(one_time_keys::device_id.eq_any(devices));
    let place = (one_time_keys::user_id, one_time_keys::device_id, one_time_keys::algorithm);
    Ok(found.select(place).distinct().load(conn)?)
}

/// Adds keys whose ids the device has not used for others.
pub fn insert(tx: &mut Tx<'_>, rows: &[OneTimeKeyRow]) -> Result<()> {
    insert_all!(tx.conn(), one_time_keys::table, rows);
    Ok(())
}

/// Takes the oldest key of a device and algorithm: its id and JSON. Nobody gets it again, and [`claimed`] tells of it.
pub fn take(tx: &mut Tx<'_>, user_id: &str, device_id: &str, algorithm: &str) -> Result<Option<(String, String)>> {
    // With the limit as an argument, SQLite would make the plan anew each time.
    let oldest = diesel::sql_query(
        "SELECT user_id, device_id, algorithm, position, key_id, json FROM one_time_keys
         WHERE user_id = $1 AND device_id = $2 AND algorithm = $3 ORDER BY position, key_id LIMIT 1",
    );
    let oldest = oldest.bind::<Text, _>(user_id).bind::<Text, _>(device_id).bind::<Text, _>(algorithm);
    let oldest: Option<OneTimeKeyRow> = oldest.get_result(tx.conn()).optional()?;
    let Some(row) = oldest else { return Ok(None) };
    let taken = one_time_keys::table.find((user_id, device_id, algorithm, row.position, &row.key_id));
    diesel::delete(taken).execute(tx.conn())?;
    let claimed = ClaimedRow {
        user_id: row.user_id,
        device_id: row.device_id,
        algorithm: row.algorithm,
        key_id: row.key_id.clone(),
        json: row.json.clone(),
    };
    both!(tx.conn(), c => diesel::insert_into(claimed_one_time_keys::table)
        .values(&claimed)
        .on_conflict((
            claimed_one_time_keys::user_id,
            claimed_one_time_keys::device_id,
            claimed_one_time_keys::algorithm,
            claimed_one_time_keys::key_id,
        ))
        .do_update()
        .set(claimed_one_time_keys::json.eq(excluded(claimed_one_time_keys::json)))
        .execute(c))?;
    Ok(Some((row.key_id, row.json)))
}

/// The keys of a device that were given out, as far as they are remembered.
pub fn claimed(conn: &mut Conn, user_id: &str, device_id: &str) -> Result<Vec<ClaimedRow>> {
    let of_device = claimed_one_time_keys::table
        .filter(claimed_one_time_keys::user_id.eq(user_id))
        .filter(claimed_one_time_keys::device_id.eq(device_id));
    Ok(of_device.select(ClaimedRow::as_select()).load(conn)?)
}

/// Forgets that a key was given out.
pub fn forget_claimed(tx: &mut Tx<'_>, row: &ClaimedRow) -> Result<()> {
    let key = claimed_one_time_keys::table.find((&row.user_id, &row.device_id, &row.algorithm, &row.key_id));
    diesel::delete(key).execute(tx.conn())?;
    Ok(())
}

/// Deletes all keys of a device, and forgets those that were given out.
pub fn delete(tx: &mut Tx<'_>, user_id: &str, device_id: &str) -> Result<()> {
    let of_device =
        one_time_keys::table.filter(one_time_keys::user_id.eq(user_id)).filter(one_time_keys::device_id.eq(device_id));
    diesel::delete(of_device).execute(tx.conn())?;
    let of_device = claimed_one_time_keys::table
        .filter(claimed_one_time_keys::user_id.eq(user_id))
        .filter(claimed_one_time_keys::device_id.eq(device_id));
    diesel::delete(of_device).execute(tx.conn())?;
    Ok(())
}
