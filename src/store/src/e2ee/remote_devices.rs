//! Devices of users of other servers.

use diesel::{prelude::*, upsert::excluded};

use crate::{
    Conn, Result, Tx,
    connection::{ROWS_PER_INSERT, both},
    schema::remote_devices,
};

/// A row of `remote_devices`.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = remote_devices, treat_none_as_default_value = false)]
pub struct RemoteDeviceRow {
    /// Whose device.
    pub user_id: String,
    /// Which one.
    pub device_id: String,
    /// What it is called.
    pub display_name: Option<String>,
    /// Its keys as canonical JSON, with the owner's signatures.
    pub json: String,
}

/// The devices of these users, in the order of users and devices.
pub fn of_users(conn: &mut Conn, users: &[String]) -> Result<Vec<RemoteDeviceRow>> {
    let mut found = Vec::new();
    for users in users.chunks(ROWS_PER_INSERT) {
        let query = remote_devices::table
            .filter(remote_devices::user_id.eq_any(users))
            .order((remote_devices::user_id, remote_devices::device_id));
        found.extend(query.select(RemoteDeviceRow::as_select()).load(conn)?);
    }
    Ok(found)
}

/// How many devices of a user are known, without the one of this id, and how many bytes their keys have.
pub fn size_of_others(conn: &mut Conn, user_id: &str, device_id: &str) -> Result<(usize, usize)> {
    let others = remote_devices::table
        .filter(remote_devices::user_id.eq(user_id))
        .filter(remote_devices::device_id.ne(device_id));
    let keys: Vec<String> = others.select(remote_devices::json).load(conn)?;
    Ok((keys.len(), keys.iter().map(String::len).sum()))
}

/// Adds devices, in place of those of the same ids.
pub fn insert(tx: &mut Tx<'_>, rows: &[RemoteDeviceRow]) -> Result<()> {
    for rows in rows.chunks(ROWS_PER_INSERT) {
        both!(tx.conn(), c => diesel::insert_into(remote_devices::table)
            .values(rows)
            .on_conflict((remote_devices::user_id, remote_devices::device_id))
            .do_update()
            .set((
                remote_devices::display_name.eq(excluded(remote_devices::display_name)),
                remote_devices::json.eq(excluded(remote_devices::json)),
            ))
            .execute(c))?;
    }
    Ok(())
}

/// Forgets a device.
pub fn delete(tx: &mut Tx<'_>, user_id: &str, device_id: &str) -> Result<()> {
    diesel::delete(remote_devices::table.find((user_id, device_id))).execute(tx.conn())?;
    Ok(())
}
