//! Keys that are given out when the one-time keys of a device are used up.

use diesel::{prelude::*, upsert::excluded};

use crate::{Conn, Result, Tx, connection::both, schema::fallback_keys};

/// A row of `fallback_keys`.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = fallback_keys)]
pub struct FallbackKeyRow {
    /// Whose device.
    pub user_id: String,
    /// Which one.
    pub device_id: String,
    /// The algorithm of the key; a device has one for each.
    pub algorithm: String,
    /// Its id.
    pub key_id: String,
    /// The key as JSON, as it was uploaded.
    pub json: String,
    /// Whether it has been given out.
    pub used: bool,
}

/// The fallback keys of a device.
pub fn of_device(conn: &mut Conn, user_id: &str, device_id: &str) -> Result<Vec<FallbackKeyRow>> {
    let of_device = fallback_keys::table
        .filter(fallback_keys::user_id.eq(user_id))
        .filter(fallback_keys::device_id.eq(device_id))
        .order(fallback_keys::algorithm);
    Ok(of_device.select(FallbackKeyRow::as_select()).load(conn)?)
}

/// Which of these devices of these users have one, and of which algorithms: (user, device, algorithm).
pub fn places(conn: &mut Conn, users: &[&str], devices: &[&str]) -> Result<Vec<(String, String, String)>> {
    let found = fallback_keys::table
        .filter(fallback_keys::user_id.eq_any(users))
        .filter(fallback_keys::device_id.eq_any(devices));
    Ok(found.select((fallback_keys::user_id, fallback_keys::device_id, fallback_keys::algorithm)).load(conn)?)
}

/// One fallback key.
pub fn get(conn: &mut Conn, user_id: &str, device_id: &str, algorithm: &str) -> Result<Option<FallbackKeyRow>> {
    let key = fallback_keys::table.find((user_id, device_id, algorithm));
    Ok(key.select(FallbackKeyRow::as_select()).get_result(conn).optional()?)
}

/// Sets a fallback key; the one before is forgotten.
pub fn set(tx: &mut Tx<'_>, row: &FallbackKeyRow) -> Result<()> {
    both!(tx.conn(), c => diesel::insert_into(fallback_keys::table)
        .values(row)
        .on_conflict((fallback_keys::user_id, fallback_keys::device_id, fallback_keys::algorithm))
        .do_update()
        .set((
            fallback_keys::key_id.eq(excluded(fallback_keys::key_id)),
            fallback_keys::json.eq(excluded(fallback_keys::json)),
            fallback_keys::used.eq(excluded(fallback_keys::used)),
        ))
        .execute(c))?;
    Ok(())
}

/// Notes that a fallback key has been given out.
pub fn mark_used(tx: &mut Tx<'_>, user_id: &str, device_id: &str, algorithm: &str) -> Result<()> {
    let key = fallback_keys::table.find((user_id, device_id, algorithm));
    diesel::update(key).set(fallback_keys::used.eq(true)).execute(tx.conn())?;
    Ok(())
}

/// Deletes all fallback keys of a device.
pub fn delete(tx: &mut Tx<'_>, user_id: &str, device_id: &str) -> Result<()> {
    let of_device =
        fallback_keys::table.filter(fallback_keys::user_id.eq(user_id)).filter(fallback_keys::device_id.eq(device_id));
    diesel::delete(of_device).execute(tx.conn())?;
    Ok(())
}
