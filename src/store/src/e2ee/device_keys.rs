//! Identity keys of devices.

use diesel::{dsl::sum, prelude::*, sql_types::Text, upsert::excluded};

use crate::{
    Conn, Result, Tx,
    connection::{ROWS_PER_INSERT, both},
    schema::{device_keys, devices},
};

diesel::define_sql_function! {
    /// Bytes of a text.
    fn octet_length(text: Text) -> Integer;
}

/// The identity keys of a device, and what the device is called.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub struct DeviceKeysRow {
    /// Whose device.
    pub user_id: String,
    /// Which one.
    pub device_id: String,
    /// The keys as canonical JSON, signatures included.
    pub json: String,
    /// What the user calls the device.
    pub display_name: Option<String>,
}

/// The keys of one device.
pub fn get(conn: &mut Conn, user_id: &str, device_id: &str) -> Result<Option<String>> {
    Ok(device_keys::table.find((user_id, device_id)).select(device_keys::json).get_result(conn).optional()?)
}

/// One device that has keys.
pub fn named(conn: &mut Conn, user_id: &str, device_id: &str) -> Result<Option<DeviceKeysRow>> {
    let row = device_keys::table
        .left_join(
            devices::table
                .on(devices::user_id.eq(device_keys::user_id).and(devices::device_id.eq(device_keys::device_id))),
        )
        .filter(device_keys::user_id.eq(user_id))
        .filter(device_keys::device_id.eq(device_id));
    let row =
        row.select((device_keys::user_id, device_keys::device_id, device_keys::json, devices::display_name.nullable()));
    Ok(row.first(conn).optional()?)
}

/// One of a user's devices that have keys.
pub fn any_of(conn: &mut Conn, user_id: &str) -> Result<Option<String>> {
    let query = device_keys::table.filter(device_keys::user_id.eq(user_id)).select(device_keys::device_id);
    Ok(query.first(conn).optional()?)
}

/// Bytes of the keys of a user's devices, but for this one.
pub fn bytes_of_others(conn: &mut Conn, user_id: &str, device_id: &str) -> Result<i64> {
    let others =
        device_keys::table.filter(device_keys::user_id.eq(user_id)).filter(device_keys::device_id.ne(device_id));
    let bytes: Option<i64> = others.select(sum(octet_length(device_keys::json))).get_result(conn)?;
    Ok(bytes.unwrap_or(0))
}

/// The keys of all devices of these users, in the order of users and devices.
pub fn of_users(conn: &mut Conn, users: &[String]) -> Result<Vec<DeviceKeysRow>> {
    let mut found = Vec::new();
    for users in users.chunks(ROWS_PER_INSERT) {
        let rows: Vec<DeviceKeysRow> = device_keys::table
            .left_join(
                devices::table
                    .on(devices::user_id.eq(device_keys::user_id).and(devices::device_id.eq(device_keys::device_id))),
            )
            .filter(device_keys::user_id.eq_any(users))
            .order((device_keys::user_id, device_keys::device_id))
            .select((device_keys::user_id, device_keys::device_id, device_keys::json, devices::display_name.nullable()))
            .load(conn)?;
        found.extend(rows);
    }
    Ok(found)
}

/// Sets the keys of a device. Who tracks the user hears of it by [`announce`](super::announce).
pub fn set(tx: &mut Tx<'_>, user_id: &str, device_id: &str, json: &str) -> Result<()> {
    let row = (device_keys::user_id.eq(user_id), device_keys::device_id.eq(device_id), device_keys::json.eq(json));
    both!(tx.conn(), c => diesel::insert_into(device_keys::table)
        .values(row)
        .on_conflict((device_keys::user_id, device_keys::device_id))
        .do_update()
        .set(device_keys::json.eq(excluded(device_keys::json)))
        .execute(c))?;
    Ok(())
}
